using System.Text;
using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Fuzz.Mutations;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Fuzz.Targets;

/// <summary>What applications and models write: schemas, calls, options and request lines.</summary>
internal static class TextTargets
{
    private static readonly string[] CallSnippets =
    [
        "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\"}}", "```tool_code\n", "```json\n", "```", "[", "]", "{", "}", "\"", "'", "\\",
        "\\ud800", "\\u0000", "get_weather(", "city=", "\"name\": ", "\"arguments\": ", ", ", ")", "\n",
        "None", "True", "1e999", "-", "\"\"\"", "f'", "#", "\ud800", "default_api.",
    ];

    private static readonly string[] TemplateSnippets =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "{%- for m in messages -%}", "{% endfor %}", "{% if x %}", "{% endif %}", "{% set ns = namespace(a=1) %}",
        "messages", "[", "]", "[::-1]", "[0:2]", ".content", "['role']",
        "loop.index0", "|trim", "|tojson", "|join", "|map(attribute='role')", "|list", "~", " + ", " * 99999999", " ** 9999", "%", "//", "range(99999999)",
        "'a' * 99999999", "raise_exception('x')", "strftime_now('%Y')",
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", "{% generation %}", "none", "true", "\"", "'", "\\", "is defined", "is mapping", "not ", "(", ")",
        "{% break %}", "1e999", "\ud800",
    ];

    private static readonly string[] Schemas =
    [
        """{"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":20},"age":{"type":"integer","minimum":0,"maximum":150},"tags":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":4}},"required":["name","age"],"additionalProperties":false}""",
        """{"$defs":{"node":{"type":"object","properties":{"value":{"type":["number","null"]},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["value"]}},"$ref":"#/$defs/node"}""",
        """{"enum":["a","b",1,null,{"x":[true]}]}""",
        """{"allOf":[{"type":"object","properties":{"a":{"const":"x"}}},{"properties":{"b":{"type":"string","format":"date-time"}},"required":["b"]}],"additionalProperties":{"type":"boolean"}}""",
        """{"type":"array","prefixItems":[{"type":"string"},{"type":"number"}],"items":false,"oneOf":[{"minItems":1},{"maxItems":2}]}""",
    ];

    public static IEnumerable<FuzzTarget> Create()
    {
        var tokenizer = GemmaTokenizer.Load(Path.Combine(WorkFolder.Repository, "samples", "models", "tiny-gemma-it"));
        var bytes = new TokenizerBytes(tokenizer);
        yield return new TextTarget("schema", Texts(Schemas), JsonMutator.Mutate, input => new ConstraintFactory(() => bytes).JsonSchema(Parse(input)),
            IsSchemaError);
        yield return new TextTarget("tool-schema", Texts(Schemas), JsonMutator.Mutate, input => Offer(bytes, Parse(input)), IsSchemaError);
        yield return new TextTarget("tool-text", Texts(CallSnippets[..6]), (random, seed) => TextMutator.Mutate(random, seed, CallSnippets), ReadCalls,
            _ => false);
        yield return new TextTarget("template", Templates(), (random, seed) => TextMutator.Mutate(random, seed, TemplateSnippets),
            input => Render(Encoding.UTF8.GetString(input)), e => e is ChatTemplateException);
        yield return new TextTarget("options", Texts([Options]), JsonMutator.Mutate, input => GenerationConfig.Parse(Parse(input)), IsInputError);
        yield return new TextTarget("request", Texts(Requests), JsonMutator.Mutate,
            (input, cancellationToken) => ReadLineAsync(input, tokenizer, cancellationToken), e => e is UsageException or ArgumentException || IsInputError(e));
    }

    private const string Options =
        """{"do_sample":true,"temperature":0.7,"top_k":5,"bad_words_ids":[[1,2],[3]],"sequence_bias":[[[1,2],-0.5]],"stop_strings":["a","b"],"early_stopping":"never","eos_token_id":[1,107],"exponential_decay_length_penalty":[5,1.1],"seed":7}""";

    private static string[] Requests =>
    [
        """{"text":"Hello 🙂 <eos>","add_special_tokens":true}""", """{"ids":[2,17,300],"skip_special_tokens":true,"stream":"exact"}""",
        """{"texts":["a","b c"],"padding":true,"max_length":4,"truncation":true}""",
        """{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"text","text":"Yes"}]}],"add_generation_prompt":true,"kwargs":{"a":[1]},"tools":[{"type":"function","function":{"name":"f","parameters":{}}}]}""",
    ];

    private static IReadOnlyList<byte[]> Texts(IEnumerable<string> texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static bool IsSchemaError(Exception e) => e is GemmaSchemaException or JsonException;

    private static bool IsInputError(Exception e) => e is GemmaException or JsonException;

    private static JsonElement Parse(byte[] input)
    {
        using var document = JsonDocument.Parse(input);
        return document.RootElement.Clone();
    }

    private static IReadOnlyList<byte[]> Templates() =>
        [.. Directory.EnumerateFiles(Path.Combine(WorkFolder.Repository, "tests", "Gemma.Runtime.Tests", "Prompts", "Jinja", "Goldens", "templates"), "*.jinja")
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private static void Render(string source)
    {
        var template = new JinjaChatTemplate("template", source, new Dictionary<string, string> { ["bos_token"] = "<bos>", ["eos_token"] = "<eos>" }, null);
        var tool = JsonElement.Parse(
            """{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}""");
        ((IChatTemplate)template)
            .RenderPrompt(
                new ChatTemplateRequest([new ChatTurn("system", "S"), new ChatTurn("user", "Hello"), new ChatTurn("assistant", "A"),
                    new ChatTurn("user", "B")])
                { Tools = [tool] });
    }

    private static void Offer(ITokenBytes bytes, JsonElement schema)
    {
        var function = AIFunctionFactory.CreateDeclaration("get_weather", "Gets the weather.", schema);
        ToolPrompt.Declare([function]);
        new ConstraintFactory(() => bytes).ToolCall([function]);
        Find("get_weather(1, 2)", schema);
    }

    private static void ReadCalls(byte[] input) =>
        Find(Encoding.UTF8.GetString(input), JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string"}}}"""));

    private static void Find(string text, JsonElement schema)
    {
        var parser = new ToolCallParser([AIFunctionFactory.CreateDeclaration("get_weather", null, schema)], allowMultiple: true);
        List<AIContent> contents = [];
        for (var i = 0; i < text.Length; i += 7) contents.AddRange(parser.Append(text.Substring(i, Math.Min(7, text.Length - i))));
        contents.AddRange(parser.Flush());
        foreach (var call in contents.OfType<FunctionCallContent>().Where(call => call.Exception is null)) ToolPrompt.Call(call);
    }

    private static async Task ReadLineAsync(byte[] input, GemmaTokenizer tokenizer, CancellationToken cancellationToken)
    {
        var lines = JsonLines.ReadAsync(new StringReader(Encoding.UTF8.GetString(input)), LineKeys.Tokenize, cancellationToken);
        var output = new StringWriter();
        await foreach (var line in lines) new Cli.Tokenize.TokenizeLines(tokenizer, new Lazy<IChatTemplate?>(() => ChatTemplates.Gemma1), output).Write(line);
    }
}
