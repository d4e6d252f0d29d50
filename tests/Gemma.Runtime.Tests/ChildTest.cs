using System.Diagnostics;
using Gemma.Runtime.Engines.Native;

namespace Gemma.Runtime.Tests;

/// <summary>What needs or may end a process runs in one of its own: the test assembly starts itself again for a single explicit test.</summary>
internal static class ChildTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Runs it; it has to end well and to write nothing to the error stream.</summary>
    /// <param name="tests">The class of the test.</param>
    /// <param name="name">The explicit test.</param>
    /// <param name="genAIFolder">Where the native library of ONNX Runtime GenAI is, or null.</param>
    /// <param name="launcher">A command that starts the child, such as <c>taskset</c> with its arguments; null starts it directly.</param>
    /// <returns>What the child printed.</returns>
    public static async Task<string> RunAsync(Type tests, string name, string? genAIFolder = null, string[]? launcher = null)
    {
        string[] command = [.. launcher
            ?? [], Path.Combine(AppContext.BaseDirectory, "Gemma.Runtime.Tests" + (OperatingSystem.IsWindows() ? ".exe" : string.Empty)), "-explicit", "only",
            "-noColor", "-method", $"{tests.FullName}.{name}"];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [GenAILocation.FolderVariable] = genAIFolder },
        };
        using var process = Process.Start(start)!;
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(Patience);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(source.Token), process.StandardError.ReadToEndAsync(source.Token));
            await process.WaitForExitAsync(source.Token);
            var text = await output + await error;
            Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {text}");
            Assert.Equal(string.Empty, (await error).Trim());
            return text;
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
