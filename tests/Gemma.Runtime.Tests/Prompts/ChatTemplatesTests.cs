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
    public void Load_PackageOfGenAI_FindsTheTemplateFile() => Assert.Same(ChatTemplates.Gemma1, ChatTemplates.Load(SharedData.Require("goldens-genai", "gemma1-tiny-mqa", "int4")));

    [Fact]
    public void Load_UnknownTemplate_SaysHowToSupplyOne()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"chat_template": [{"name": "tools", "template": "{{x}}"}, {"name": "default", "template": "{{ messages }}"}]}""");
        var error = Assert.Throws<ChatTemplateException>(() => ChatTemplates.Load(folder.Path));
        Assert.Contains(nameof(IChatTemplate), error.Message, StringComparison.Ordinal);
        Assert.Contains(folder.Path, error.Message, StringComparison.Ordinal);
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
        var turns = ChatConversation.Normalize([new("system", "S1"), new("system", "S2"), new("user", "a"), new("user", "b"), new("assistant", "c"), new("model", "d"), new("system", "late"), new("user", "e")]);
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
