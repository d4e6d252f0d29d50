using System.Text.RegularExpressions;
using Gemma.Tests;

namespace Gemma.Cli.Tests.Chat;

/// <summary>A chat in a real terminal. docs/chat-session.md is what it shows; GEMMA_RECORD=1 writes that page anew.</summary>
public sealed partial class TerminalChatTests(TinyGemma tiny)
{
    private static readonly string Page = Path.Combine(SharedData.RepositoryRoot, "docs", "chat-session.md");

    [Fact]
    public async Task Chat_InATerminal_IsTheRecordedSession()
    {
        Assert.SkipUnless(PseudoTerminal.IsAvailable, "util-linux' script is needed");
        using var folder = new TemporaryFolder();
        var file = folder.File("paris.json");
        using var terminal = PseudoTerminal.Start("chat",
            Directory.CreateSymbolicLink(folder.File("tiny-gemma-it"), await tiny.PackageAsync(Runtime.Models.ModelPrecision.Fp32)).FullName, "--temperature",
            "0");
        await terminal.ExpectAsync("/1024> ");
        foreach (var (keys, shown) in ((string, string)[])
        [
            ("Hello!\r", "Hello! How can I help you?\n"),
            ("What is the capital of France?\r", "The capital of France is Paris.\n"),
            ("/stats\r", "tokens/s"),
            ("/set temperature 0.5\r", "temperature 0.5"),
            ("/set temperature 0\r", "temperature 0,"),
            ($"/save {file}\r", "Saved 4 messages"),
            ("/clear\r", "forgotten"),
            ("\u001b[A\u001b[A\u001b[A\u001b[A\u001b[A\u001b[A\r", "The capital of France is Paris.\n"),
            ($"/load {file}\r", "Loaded 4 messages"),
            ("/nonsense\r", "There is no /nonsense"),
            ("\"\"\"\rHello!\r\"\"\"\r", "\n"),
        ])
        {
            var from = await terminal.TypeAsync(keys);
            var answer = await terminal.ExpectAsync(shown, from);
            if (!answer[answer.IndexOf(shown, StringComparison.Ordinal)..].Contains("/1024> ", StringComparison.Ordinal))
                await terminal.ExpectAsync("/1024> ", from + answer.Length);
        }

        await terminal.TypeAsync("\u0004");
        Assert.Equal(0, await terminal.ExitCodeAsync());
        var session = Volatile.Replace(terminal.Screen.Replace(file, "paris.json", StringComparison.Ordinal), "…").Trim();
        var page = $"# A chat in the terminal\n\nRecorded by a test, with the tiny model of `samples/models`; `GEMMA_RECORD=1 dotnet test "
            + $"tests/Gemma.Cli.Tests` writes it anew.\n\n```\n$ gemma chat tiny-gemma-it --temperature 0\n{session}\n```\n";
        if (Environment.GetEnvironmentVariable("GEMMA_RECORD") == "1") await File.WriteAllTextAsync(Page, page, TestContext.Current.CancellationToken);
        Assert.Equal((await File.ReadAllTextAsync(Page, TestContext.Current.CancellationToken)).ReplaceLineEndings("\n"), page);
    }

    [Fact]
    public async Task Chat_CtrlC_StopsTheAnswerAndNotTheProgram()
    {
        Assert.SkipUnless(PseudoTerminal.IsAvailable, "util-linux' script is needed");
        using var terminal = PseudoTerminal.Start("chat", await tiny.PackageAsync(Runtime.Models.ModelPrecision.Fp32), "--temperature", "2", "--top-k",
            "100000", "--max-new-tokens", "200", "--seed", "1");
        await terminal.ExpectAsync("/1024> ");

        // A line that is being typed is emptied.
        var from = await terminal.TypeAsync("nothing\u0003Hello!");
        await terminal.ExpectAsync("Hello!", from);
        from = await terminal.TypeAsync("\r");
        await terminal.ExpectAsync("\n", from);
        from = await terminal.TypeAsync("\u0003");
        await terminal.ExpectAsync("/1024> ", from);
        from = await terminal.TypeAsync("/help\r");
        await terminal.ExpectAsync("Ctrl-C stops an answer.", from);
        await terminal.TypeAsync("/exit\r");
        Assert.Equal(0, await terminal.ExitCodeAsync());
    }

    [GeneratedRegex(@"[0-9]+\.[0-9](?= tokens/s)|(?<=after )[0-9.]+(?= s)")]
    private static partial Regex Volatile { get; }
}
