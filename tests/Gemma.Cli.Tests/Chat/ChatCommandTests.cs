using Gemma.Cli.Chat;
using Gemma.Cli.Infrastructure;
using Gemma.Tests;

namespace Gemma.Cli.Tests.Chat;

/// <summary>What a chat does besides answering, with lines instead of keys.</summary>
public sealed class ChatCommandTests(TinyGemma tiny)
{
    [Fact]
    public async Task Chat_SlashCommands_DoWhatTheySay()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("chat.json");
        var output = await ChatAsync(
            "/help", "/stats", "Hello!", "/stats", "/set", "/set top_k 0", "/set top_k 3", "/set nothing 1", "/system", "/system Be brief.", "/save " + file,
            "/clear", "/load " + file, "/load missing.json", "/what", "Hello! \\", "", "/exit", "not answered");
        foreach (var text in (string[])
            ["/system [TEXT|none]", "There is no answer yet.", "Hello! How can I help you?", "tokens/s, first token after", "temperature 0, top_k default",
                "top_k: '0' is not a value", "top_k 3", "There is no setting 'nothing'", "There is no system text.", "system: Be brief.", "Saved 2 messages",
                "is forgotten", "Loaded 2 messages", "missing.json", "There is no /what"])
            Assert.Contains(text, output, StringComparison.Ordinal);
        Assert.DoesNotContain("not answered", output, StringComparison.Ordinal);
        Assert.Contains("\"role\": \"assistant\"", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_QuestionAndPipedText_AreOnePrompt()
    {
        var package = await tiny.PackageAsync(Runtime.Models.ModelPrecision.Fp32);
        Assert.Equal((0, "Hello! How can I help you?\n", string.Empty), await GemmaCommand.RunAsync(["run", package, "Hello!"]));
        Assert.Equal("Hello! How can I help you?\n", (await GemmaCommand.RunAsync(["run", package], "Hello!\n")).Output);
        Assert.Equal("The capital of France is Paris.\n",
            (await GemmaCommand.RunAsync(["run", package, "--temperature", "0"], "What is the capital of France?")).Output);
        Assert.Equal(2, (await GemmaCommand.RunAsync(["run", package])).ExitCode);
    }

    [Theory]
    [InlineData("a **bold** word", "a \u001b[1mbold\u001b[0m word")]
    [InlineData("2 * 3 ** x", "2 * 3 \u001b[1m x\u001b[0m")]
    [InlineData("`a*b` c", "\u001b[36ma*b\u001b[0m c")]
    [InlineData("* item", "• item")]
    [InlineData("# Title\ntext", "\u001b[1m Title\u001b[0m\ntext")]
    [InlineData("```\n**x**\n```", "\u001b[36m\n**x**\n\u001b[0m")]
    [InlineData("#nothing", "#nothing")]
    public void Write_Markdown_IsStyledHoweverItIsCut(string text, string expected)
    {
        for (var size = 1; size <= text.Length; size++)
        {
            using var output = new StringWriter();
            var writer = new MarkdownWriter(output, renders: true);
            foreach (var part in text.Chunk(size)) writer.Write(new string(part));
            writer.Complete();
            Assert.Equal(expected, output.ToString());
        }
    }

    [Fact]
    public void Shorten_LongName_LosesItsMiddle()
    {
        Assert.Equal("layers.…q_proj", TerminalTable.Shorten("layers.12.self_attn.q_proj", 14));
        Assert.Equal("short", TerminalTable.Shorten("short", 14));
    }

    private async Task<string> ChatAsync(params string[] lines)
    {
        var output = new StringWriter();
        using var console = new CommandConsole(new StringReader(string.Join('\n', lines)), output, output, isInteractive: true);
        Assert.Equal(0,
            await GemmaCommandLine.RunAsync(["chat", await tiny.PackageAsync(Runtime.Models.ModelPrecision.Fp32), "--temperature", "0"], console,
                TestContext.Current.CancellationToken));
        return output.ToString();
    }
}
