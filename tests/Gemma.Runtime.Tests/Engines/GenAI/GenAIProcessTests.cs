using System.Diagnostics;
using Gemma.Runtime.Engines.GenAI;

namespace Gemma.Runtime.Tests.Engines.GenAI;

/// <summary>What can end a process runs in one of its own: the test assembly starts itself again for a single test of <see cref="GenAIChildTests"/>.</summary>
public sealed class GenAIProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData(nameof(GenAIChildTests.FirstUseOfAnyNativeLibrary))]
    [InlineData(nameof(GenAIChildTests.ExitWithoutDispose))]
    [InlineData(nameof(GenAIChildTests.ExitDuringAPrompt))]
    [InlineData(nameof(GenAIChildTests.ManyCyclesKeepMemoryFlat))]
    [InlineData(nameof(GenAIChildTests.TelemetryIsOffForNativeCode))]
    public async Task Child_Situation_EndsCleanly(string name)
    {
        var folder = GenAINativeFolder.Require();
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Gemma.Runtime.Tests" + (OperatingSystem.IsWindows() ? ".exe" : string.Empty)))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "-explicit", "only", "-noColor", "-method", $"{typeof(GenAIChildTests).FullName}.{name}" },
            Environment = { [GenAILibrary.FolderVariable] = folder },
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
            Assert.DoesNotContain("leak", text, StringComparison.OrdinalIgnoreCase);
            if (name != nameof(GenAIChildTests.ExitDuringAPrompt)) Assert.Contains("Total: 1,", text, StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
