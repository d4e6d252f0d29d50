using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Runtime.Tests.Prompts.Jinja;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Prompts;

/// <summary>Any list of messages renders, and nothing of it is lost.</summary>
public sealed class AnyOrderTests
{
    private static readonly string[] Templates = ["chatml", "zephyr-role-token", "gemma-system-prefix", "gemma-chatml-unsloth", "llama-2", "llama-3.1",
        "mistral-nemo", "qwen-2.5", "phi-3", "gemma-4-31b-it"];

    // It refuses assistants that others take, and drops system texts without a word.
    private const string Strict =
        "{{ bos_token }}{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) and m.role != 'system' %}{{ raise_exception('alternate!') "
            + "}}{% endif %}{% if m.role != 'system' %}{{ '[' + m.role + ':' + m.content + ']' }}{% endif %}{% endfor %}";

    public static TheoryData<string> Names => ["gemma1", "gemma3", "strict", .. Templates.Where(TemplateGoldens.Names.Contains)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Render_RandomOrders_LosesNothing(string name)
    {
        var template = Template(name);
        var random = new Random(7);
        List<string> differences = [];
        const int Cases = 400;
        for (var i = 0; i < Cases; i++)
        {
            ChatTurn[] turns = [.. Enumerable.Range(0, random.Next(1, 7))
                .Select(index => new ChatTurn(((string[])["user", "assistant", "system"])[random.Next(3)], $"text {index}."))];
            try
            {
                var text = ConversationPrompt.Render(template, new ChatTemplateRequest(turns), cancellationToken: TestContext.Current.CancellationToken).Text;
                if (turns.Any(turn => !text.Contains(turn.Content, StringComparison.Ordinal)))
                    differences.Add($"{string.Join(' ', turns.Select(turn => turn.Role))}: {text}");
            }
            catch (ChatTemplateException e)
            {
                differences.Add($"{string.Join(' ', turns.Select(turn => turn.Role))}: {e.Message}");
            }
        }

        TokenizerSource.AssertNone(differences, Cases);
    }

    // Gemma 4's template writes results behind their calls only, and passes over others. Another one refuses them.
    [Theory]
    [InlineData("{% for m in messages %}{% if m.role != 'tool' %}[{{ m.role ~ ':' ~ m.content }}]{% endif %}{% endfor %}")]
    [InlineData("{% for m in messages %}{{ raise_exception('no tools') if m.role == 'tool' }}[{{ m.role ~ ':' ~ m.content }}]{% endfor %}")]
    public void Render_ResultWithoutItsCall_IsToldByTheUser(string jinja)
    {
        ChatTurn[] turns = [new("system", "S"), new("user", "a"), new("assistant", "b"), new("tool", "12 degrees") { Name = "get_weather", ToolCallId = "1" }];
        var text = ConversationPrompt.Render(ChatTemplates.Parse(jinja, TokenizerSource.Get("tiny")), new ChatTemplateRequest(turns),
            cancellationToken: TestContext.Current.CancellationToken).Text;
        Assert.Equal("[system:S][user:a][assistant:b][user:Function result:\n{\"name\":\"get_weather\",\"result\":\"12 degrees\"}]", text);
    }

    [Fact]
    public void Render_ResultWithoutItsCallOnGemma4_IsNotLost()
    {
        var jinja = File.ReadAllText(SharedData.Require("goldens-templates", "templates", "gemma-4-31b-it.jinja"));
        ChatTurn[] turns = [new("user", "a"), new("tool", "12 degrees") { Name = "get_weather", ToolCallId = "1" }, new("user", "b")];
        var text = ConversationPrompt.Render(ChatTemplates.Parse(jinja, TokenizerSource.Get("tiny")), new ChatTemplateRequest(turns),
            cancellationToken: TestContext.Current.CancellationToken).Text;
        Assert.Contains("12 degrees", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_NameOfNoTemplate_IsRefused()
    {
        var request = new ChatTemplateRequest([new("user", "a")]) { TemplateName = "rag" };
        foreach (var template in (IChatTemplate[])[ChatTemplates.Gemma1, Template("strict")])
        {
            var error = Assert.Throws<ChatTemplateException>(() => ConversationPrompt.Render(template, request, TestContext.Current.CancellationToken));
            Assert.Contains("'rag'", error.Message, StringComparison.Ordinal);
            Assert.NotEmpty(ConversationPrompt.Render(template, request with { TemplateName = "default" }, TestContext.Current.CancellationToken).Text);
        }
    }

    [Fact]
    public void Render_TemplateThatTakesThem_LeavesMessagesAsTheyAre()
    {
        ChatTurn[] turns = [new("system", "S"), new("user", "a"), new("user", "b"), new("assistant", "c"), new("system", "late"), new("user", "d")];
        var text = ConversationPrompt.Render(Template("chatml"), new ChatTemplateRequest(turns)
        {
            AddGenerationPrompt = false,
        }, cancellationToken: TestContext.Current.CancellationToken).Text;
        Assert.Equal(string.Concat(turns.Select(turn => $"<|im_start|>{turn.Role}\n{turn.Content}<|im_end|>\n")),
            text.Replace("<bos>", string.Empty, StringComparison.Ordinal));
    }

    [Fact]
    public void Render_GreetingFirst_GetsAnEmptyUserMessageBeforeIt()
    {
        var text = ConversationPrompt.Render(ChatTemplates.Gemma1, new ChatTemplateRequest([new("assistant", "Hello!"), new("user", "Hi")]),
            cancellationToken: TestContext.Current.CancellationToken).Text;
        Assert.Equal(
            "<bos><start_of_turn>user\n<end_of_turn>\n<start_of_turn>model\nHello!<end_of_turn>\n<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n",
            text);
    }

    [Fact]
    public void Render_ContinuedMessage_EndsWithItsText()
    {
        ChatTurn[] turns = [new("user", "Count."), new("assistant", "One, two,")];
        foreach (var template in (IChatTemplate[])[ChatTemplates.Gemma1, Template("chatml")])
            Assert.EndsWith("One, two,",
                ConversationPrompt.Render(template, new ChatTemplateRequest(turns)
                {
                    ContinueFinalMessage = true,
                }, cancellationToken: TestContext.Current.CancellationToken).Text, StringComparison.Ordinal);
        Assert.Throws<ChatTemplateException>(() =>
            ConversationPrompt.Render(ChatTemplates.Gemma1, new ChatTemplateRequest([new("user", "x")])
            {
                ContinueFinalMessage = true,
            }, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Render_UnknownRoleOrNoMessages_IsRefusedByName()
    {
        var error = Assert.Throws<ChatTemplateException>(() =>
            ConversationPrompt.Render(ChatTemplates.Gemma1, new ChatTemplateRequest([new("user", "x"), new("critic", "no")]),
                cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("'critic'", error.Message, StringComparison.Ordinal);
        Assert.Contains("no messages",
            Assert.Throws<ChatTemplateException>(() =>
                ConversationPrompt.Render(ChatTemplates.Gemma1, new ChatTemplateRequest([]), cancellationToken: TestContext.Current.CancellationToken)).Message,
                StringComparison.Ordinal);
    }

    private static IChatTemplate Template(string name) => name switch
    {
        "gemma1" => ChatTemplates.Gemma1,
        "gemma3" => ChatTemplates.Gemma3,
        "strict" => ChatTemplates.Parse(Strict, TokenizerSource.Get("tiny")),
        _ => ChatTemplates.Parse(TemplateGoldens.Template(name), TokenizerSource.Get("tiny")),
    };
}
