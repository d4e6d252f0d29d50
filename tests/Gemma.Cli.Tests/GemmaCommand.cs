using Gemma.Cli.Infrastructure;

namespace Gemma.Cli.Tests;

/// <summary>Runs the command in this process, with its streams captured.</summary>
internal static class GemmaCommand
{
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments, string input = "")
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        using var console = new CommandConsole(new StringReader(input), output, error);
        var exitCode = await GemmaCommandLine.RunAsync(arguments, console, TestContext.Current.CancellationToken);
        return (exitCode, output.ToString(), error.ToString());
    }
}
