using System.Diagnostics;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary>The scripts of <c>gemma completions</c> in the shells themselves.</summary>
public sealed class CompletionsTests
{
    // What the shell's own completion would do with a line; zsh's works in its editor only, so what it calls is replaced by what prints.
    [Theory]
    [InlineData("bash", """eval "$(gemma completions bash)"; COMP_LINE="$1"; COMP_POINT=${#1}; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); """
        + """_gemma; printf '%s\n' "${COMPREPLY[@]}" """)]
    [InlineData("zsh", """compdef() { : }; _files() { : }; compadd() { print -l -- "${(P@)2}" }; eval "$(gemma completions zsh)"; BUFFER="$1"; """
        + """CURSOR=$#1; _gemma""")]
    [InlineData("fish", """gemma completions fish | source; complete -C "$argv[1]" """)]
    public async Task Completions_InTheShell_GiveCommandsAndOptions(string shell, string script)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        Assert.SkipUnless(!OperatingSystem.IsWindows() && path.Any(folder => File.Exists(Path.Combine(folder, shell))), $"{shell} is not installed");
        using var folder = new TemporaryFolder();
        var gemma = folder.File("gemma");
        await File.WriteAllTextAsync(gemma, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "gemma.dll")}' \"$@\"\n",
            TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(gemma, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var commands = await RunAsync("gemma co");
        Assert.Contains("convert", commands);
        Assert.Contains("completions", commands);
        Assert.Contains("--token-file", await RunAsync("gemma pull --tok"));

        async Task<string[]> RunAsync(string line)
        {
            string[] arguments = shell == "fish" ? ["-N", "-c", script, line] : [.. shell == "zsh" ? ["-f"] : Array.Empty<string>(), "-c", script, shell, line];
            var start = new ProcessStartInfo(shell, arguments) { RedirectStandardOutput = true };
            start.Environment["PATH"] = string.Join(Path.PathSeparator, [folder.Path, .. path]);
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }
    }
}
