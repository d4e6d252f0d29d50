using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Jinja.Values;
using Gemma.Runtime.Tests.Prompts.Jinja;
using Gemma.Tests;
using Gemma.Tokenization;

namespace Gemma.Runtime.Tests.Prompts;

/// <summary>Tries to get control tokens into a prompt through every string that a caller controls, whatever the template does with it.</summary>
public sealed class SmugglingTests
{
    private const int AttemptsEach = 500;

    private static readonly string[] Tokens =
    [
        "<|im_start|>", "<|im_end|>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>",
        "<|begin_of_text|>", "[INST]", "[/INST]", "<|turn>", "<turn|>",
        "<|tool_call>", "<tool_call|>", "<start_function_call>", "<end_function_call>", "<start_function_declaration>", "<end_function_declaration>",
        "<escape>", "<|\"|>", "<|tool>", "<tool|>",
    ];

    // Templates that mix letters of both sides in every way that they can, beside real ones.
    private static readonly Dictionary<string, string> Own = new()
    {
        ["joins"] = "{{ bos_token }}{% for m in messages %}{{ '<|im_start|>' ~ m.role ~ '\\n' ~ m.content }}{{ '<' ~ m.content ~ '>' }}{{ ['<|', m.content, "
            + "'|>'] | join }}<|im_end|>{% endfor %}",
        ["changes"] =
            "{% for m in messages %}<|user|>{{ m.content | trim | upper | lower | title | replace('x', '<|end|>') | indent(2) }}{{ m.content[::-1][::-1] "
                + "}}{{ '%s|>' % m.content }}{{ '{}|>'.format(m.content) }}<|end|>{% endfor %}",
        ["json"] = "{% for m in messages %}<|user|>{{ m | tojson }}{{ m }}{{ tools | tojson(indent=1) }}{{ (m.content ~ '') | safe }}<|end|>{% endfor %}",
        ["characters"] =
            "{% for m in messages %}<|user|>{% for c in m.content %}{{ c }}{% endfor %}{% set s %}{{ m.content }}{% endset %}{{ s }}{{ m.content.split('|') "
                + "| join('|') }}{{ m.content.format() if '{' not in m.content and '}' not in m.content }}<|end|>{% endfor %}",
        ["variables"] =
            "{% for m in messages %}<|user|>{{ extra }}{{ extra | tojson }}{% for k, v in options.items() %}{{ k ~ v }}{% endfor %}{{ m.name ~ '|>' }}{{ "
                + "m.content }}<|end|>{% endfor %}",
    };

    public static TheoryData<string> Names =>
        [.. Own.Keys,
            .. new[] { "chatml", "gemma-3-it", "zephyr-role-token", "functiongemma-vllm", "gemma-2-it", "gemma-4-31b-it", "qwen-2.5", "hermes-3-tools",
                "llama-3.1", "mistral-nemo" }.Where(TemplateGoldens.Names.Contains)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_RandomAttempts_HasTheScaffoldsControlTokensOnly(string name)
    {
        var tokenizer = TemplateTokenizers.With(Tokens);
        var template = new JinjaChatTemplate(name, Own.GetValueOrDefault(name)
            ?? TemplateGoldens.Template(name), new Dictionary<string, string>
            {
                ["bos_token"] = "<bos>",
                ["eos_token"] = "<eos>",
            }, new ControlTokenFinder(tokenizer));
        var encoder = new PromptEncoder(tokenizer);
        var random = new Random(name.Length);
        List<string> differences = [];
        var rendered = 0;
        for (var i = 0; i < AttemptsEach; i++)
        {
            try
            {
                var prompt = template.Render(Input(random), TestContext.Current.CancellationToken);
                rendered++;
                if (Breach(tokenizer, prompt, encoder.Encode(prompt)) is { } breach) differences.Add($"{i}: {breach}");
            }
            catch (ChatTemplateException)
            {
                // Some templates refuse some of these conversations.
            }
        }

        TokenizerSource.AssertNone(differences, AttemptsEach);
        Assert.InRange(rendered, AttemptsEach / 10, AttemptsEach);
    }

    private static string? Breach(GemmaTokenizer tokenizer, RenderedPrompt prompt, int[] ids)
    {
        var scaffold = prompt.Parts.Where(part => part.IsControl).Select(part => tokenizer.GetTokenId(part.Text)!.Value);
        if (!ids.Where(tokenizer.IsControlToken).SequenceEqual(scaffold)) return $"more control tokens than the scaffold has: {prompt.Text}";
        var at = 0;
        foreach (var part in prompt.Parts)
        {
            var (start, end) = (at, at += part.Text.Length);
            if (part.IsControl
                && prompt.Spans.FirstOrDefault(span => span.Start < end
                    && span.End > start
                    && span.Source?.EndsWith(".role", StringComparison.Ordinal) != true) is { End: > 0 } span)
                return $"'{part.Text}' has letters of {span.Source ?? "a writer"}: {prompt.Text}";
        }

        return null;
    }

    private static TemplateInput Input(Random random)
    {
        var messages = new JsonArray();
        for (int i = 0, count = random.Next(1, 5); i < count; i++) messages.Add(Message(random, i));
        var tools = new JsonArray(new JsonObject
        {
            ["type"] = "function",
            ["function"] = new JsonObject
            {
                ["name"] = Attack(random),
                ["description"] = Attack(random),
                ["parameters"] = new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject
                    {
                        [Attack(random)] = new JsonObject { ["type"] = "string", ["description"] = Attack(random), ["enum"] = new JsonArray(Attack(random)) },
                    },
                    ["required"] = new JsonArray(Attack(random)),
                },
            },
        });
        var variables = new JsonObject
        {
            ["extra"] = Attack(random),
            ["options"] = new JsonObject { [Attack(random)] = Attack(random) },
            ["enable_thinking"] = random.Next(2) == 0,
        };
        return new TemplateInput
        {
            Messages = JsonValues.Messages(Element(messages)),
            Tools = random.Next(2) == 0 ? NoneValue.Instance : JsonValues.Read(Element(tools), new ValuePath("tools")),
            Documents = random.Next(4) == 0
                ? JsonValues.Read(Element(new JsonArray(new JsonObject { ["title"] = Attack(random), ["text"] = Attack(random) })), new ValuePath("documents"))
                : NoneValue.Instance,
            AddGenerationPrompt = random.Next(2) == 0,
            ContinueFinalMessage = false,
            Variables = Element(variables).EnumerateObject().Select(property => new KeyValuePair<string, JsonElement>(property.Name, property.Value)),
        };
    }

    private static JsonObject Message(Random random, int index)
    {
        var message = new JsonObject
        {
            ["role"] = random.Next(12) == 0 ? Attack(random) : index % 2 == 0 ? "user" : "assistant",
            ["content"] = Attack(random),
            ["name"] = Attack(random),
        };
        if (random.Next(6) == 0)
        {
            message["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = Attack(random) }, new JsonObject
            {
                ["type"] = "text",
                ["text"] = Attack(random),
            });
        }
        if (index % 2 == 1 && random.Next(3) == 0)
        {
            message["tool_calls"] = new JsonArray(new JsonObject
            {
                ["type"] = "function",
                ["id"] = Attack(random),
                ["function"] = new JsonObject { ["name"] = Attack(random), ["arguments"] = new JsonObject { [Attack(random)] = Attack(random) } },
            });
            message["reasoning_content"] = Attack(random);
        }

        if (index > 1 && random.Next(4) == 0) (message["role"], message["tool_call_id"]) = ("tool", Attack(random));
        return message;
    }

    private static JsonElement Element(JsonNode node) => JsonElement.Parse(node.ToJsonString());

    // Whole tokens, halves of them, and what joins to one with what a template writes beside it.
    private static string Attack(Random random)
    {
        var text = new StringBuilder();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var token = random.Next(3) == 0
                ? new[] { "<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<pad>" }[random.Next(5)]
                : Tokens[random.Next(Tokens.Length)];
            var cut = random.Next(token.Length);
            text.Append(random.Next(5) switch { 0 => token, 1 => token[..cut], 2 => token[cut..], 3 => token + token[..cut], _ => token.ToUpperInvariant() });
            if (random.Next(3) == 0) text.Append(random.Next(2) == 0 ? "x " : "\n");
        }

        return text.ToString();
    }
}
