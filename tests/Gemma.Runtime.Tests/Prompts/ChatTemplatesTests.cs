using System.Text.Json;
using Gemma.Runtime.Prompts;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Prompts;

public sealed class ChatTemplatesTests
{
    private static string TinyModel => Path.Combine(SharedData.RepositoryRoot, "samples", "models", "tiny-gemma-it");

    private static string Gemma1Jinja
    {
        get
        {
            using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TinyModel, "tokenizer_config.json")));
            return config.RootElement.GetProperty("chat_template").GetString()!;
        }
    }

    [Theory]
    [InlineData("gemma1", "gemma1")]
    [InlineData("gemma2", "gemma1")]
    [InlineData("gemma3", "gemma3")]
    public void Find_PublishedTemplate_IsKnown(string file, string name)
    {
        var jinja = File.ReadAllText(SharedData.Require("gemma-tokenizer", "templates", file + ".jinja"));
        Assert.Equal(name, ChatTemplates.Find(jinja)?.Name);
        Assert.Equal(name, ChatTemplates.Find(jinja + "\n")?.Name);
        Assert.Null(ChatTemplates.Find(jinja.Replace("model", "assistant", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("{{ bos_token }}", "{{- bos_token -}}")]
    [InlineData("{{ bos_token }}", "")]
    [InlineData("{% for", "\n  {%- for")]
    [InlineData("'model'", "\"model\"")]
    [InlineData("+ '\n' +", "+'\\n'+")]
    public void Find_OtherLayout_IsKnown(string old, string other) => Assert.Same(ChatTemplates.Gemma1, ChatTemplates.Find(Changed(old, other)));

    [Theory]
    [InlineData(" | trim", "")]
    [InlineData("{% for", "x{% for")]
    [InlineData("<end_of_turn>\n", "<end_of_turn>")]
    [InlineData("'model'", "' model'")]
    [InlineData("== 0", "== 1")]
    public void Find_OtherMeaning_IsNull(string old, string other) => Assert.Null(ChatTemplates.Find(Changed(old, other)));

    [Fact]
    public void Load_PackageOfGenAI_FindsTheTemplateFile() =>
        Assert.Same(ChatTemplates.Gemma1, ChatTemplates.Load(SharedData.Require("goldens-genai", "gemma1-tiny-mqa", "int4")));

    [Fact]
    public void Load_NamedTemplates_ChoosesAsTransformersDoes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), """
            {"chat_template": [
              {"name": "tool_use", "template": "T{{ tools[0].function.name }}"},
              {"name": "default", "template": "D{{ messages[0].content }}"},
              {"name": "rag", "template": "R"}]}
            """);
        var template = ChatTemplates.Load(folder.Path)!;
        ChatTurn[] turns = [new("user", "hi")];
        var tool = JsonDocument.Parse("""{"type": "function", "function": {"name": "f"}}""").RootElement;
        Assert.Equal("Dhi", Render(new ChatTemplateRequest(turns)));
        Assert.Equal("Tf", Render(new ChatTemplateRequest(turns) { Tools = [tool] }));
        Assert.Equal("R", Render(new ChatTemplateRequest(turns) { TemplateName = "rag" }));
        var error = Assert.Throws<ChatTemplateException>(() => Render(new ChatTemplateRequest(turns) { TemplateName = "other" }));
        Assert.Contains("'tool_use', 'default', 'rag'", error.Message, StringComparison.Ordinal);

        string Render(ChatTemplateRequest request) => template.RenderPrompt(request, cancellationToken: TestContext.Current.CancellationToken).Text;
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    public void Load_EmptyTemplate_IsNone(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("chat_template.jinja"), text);
        Assert.Null(ChatTemplates.Load(folder.Path));
    }

    [Fact]
    public void Load_TemplateThatCannotBeParsed_FailsForMessagesOnly()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("chat_template.jinja"), "{{ bos_token }}\n{% for m in messages %}{{ m.content }}");
        var template = ChatTemplates.Load(folder.Path)!;
        var error = Assert.Throws<ChatTemplateException>(() => template.Render([new ChatTurn("user", "hi")], addGenerationPrompt: true));
        Assert.Contains("chat_template, line 2", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Line);
    }

    [Fact]
    public void Render_TemplateThatRefuses_TellsLineMessageAndItsWords()
    {
        var template = ChatTemplates.Parse(
            "{% for m in messages %}\n{% if m.role != 'user' %}{{ raise_exception('Only users, please') }}{% endif %}{% endfor %}",
            TokenizerSource.Get("tiny"));
        var error = Assert.Throws<ChatTemplateException>(() => template.Render([new("user", "a"), new("tool", "b")], addGenerationPrompt: true));
        Assert.Equal("chat_template, line 2, message 1 of role 'tool': Only users, please", error.Message);
        Assert.True(error.IsRaised);
        Assert.Equal(1, error.MessageIndex);
        Assert.Equal("Only users, please", error.Reason);
    }

    [Fact]
    public void Load_NoTemplate_DependsOnTheTurnTokens()
    {
        using var folder = new TemporaryFolder();
        Assert.Null(ChatTemplates.Load(folder.Path));
        Assert.Same(ChatTemplates.Gemma1, ChatTemplates.Load(folder.Path, TokenizerSource.Get("tiny")));
        Assert.Same(ChatTemplates.Gemma3, ChatTemplates.Load(folder.Path, TokenizerSource.Get("gemma3")));
    }

    [Fact]
    public void Normalize_SystemAndRepeatedRoles_AlternatesUserAndModel()
    {
        var turns = ChatConversation.Normalize([new("system", "S1"), new("system", "S2"), new("user", "a"), new("user", "b"), new("assistant", "c"),
            new("model", "d"), new("system", "late"), new("user", "e")]);
        Assert.Equal([new("user", "S1\n\nS2\n\na\n\nb"), new("model", "c\n\nd"), new("user", "late\n\ne")], turns);
        Assert.Equal([new("user", "only")], ChatConversation.Normalize([new("system", "only")]));
        Assert.Equal([new("user", "x")], ChatConversation.Normalize([new("system", ""), new("user", "x")]));
        Assert.Empty(ChatConversation.Normalize([]));
    }

    [Fact]
    public void Normalize_Parts_KeepsImagesAndJoinsTexts()
    {
        var image = new ChatTurnPart("image");
        var turns = ChatConversation.Normalize([new("system", "S"), new("user", "") { Parts = [new("text", "a"), image] }, new("user", "b")]);
        Assert.Equal([new("text", "S\n\na"), image, new("text", "b")], Assert.Single(turns).Parts!);
    }

    private static string Changed(string old, string other)
    {
        Assert.Contains(old, Gemma1Jinja, StringComparison.Ordinal);
        return Gemma1Jinja.Replace(old, other, StringComparison.Ordinal);
    }
}
