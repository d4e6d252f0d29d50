using System.Diagnostics;
using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary><c>eng/gpu/run.sh</c> on a machine that has no GPU: it says so, and runs nothing.</summary>
public sealed class GpuScriptTests
{
    [Fact]
    public async Task Run_MachineWithoutGpu_IsRefusedByThePreflight()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the script is for Linux");
        Assert.SkipWhen((Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(folder => File.Exists(Path.Combine(folder, "nvidia-smi"))),
            "this machine has a driver");
        using var folder = new TemporaryFolder();
        var gemma = folder.File("gemma");
        await File.WriteAllTextAsync(gemma, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "gemma.dll")}' \"$@\"\n",
            TestContext.Current.CancellationToken);
        var report = folder.File("report.json");
        var (exitCode, error) = await RunAsync(gemma, report);
        Assert.Equal(3, exitCode);
        Assert.Contains("gemma is missing", error, StringComparison.Ordinal);
        MakeExecutable(gemma);
        (exitCode, error) = await RunAsync(gemma, report);
        Assert.Equal(3, exitCode);
        Assert.Contains("no NVIDIA driver", error, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken));
        Assert.False(document.RootElement.GetProperty("preflight").GetProperty("ok").GetBoolean());
        Assert.Equal(JsonValueKind.Object, document.RootElement.GetProperty("devices").ValueKind);
    }

    private static void MakeExecutable(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(string gemma, string report)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(SharedData.RepositoryRoot, "eng", "gpu", "run.sh"), report])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["GEMMA"] = gemma;
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, error);
    }
}
