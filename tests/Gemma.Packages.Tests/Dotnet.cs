using System.Diagnostics;

namespace Gemma.Packages.Tests;

/// <summary>Runs the SDK, or a program that it built, as a user would.</summary>
internal static class Dotnet
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    /// <summary>Runs and returns everything that was printed; fails where the exit code is another than expected.</summary>
    public static async Task<string> RunAsync(string folder, IReadOnlyList<string> arguments, int exitCode = 0, string program = "dotnet", string input = "",
        CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["XDG_DATA_HOME"] = Path.Combine(folder, "data");

        // Settings of the build that runs this test are not the user's.
        foreach (var name in start.Environment.Keys
            .Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase) && name != "MSBUILDDISABLENODEREUSE").ToArray())
            start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        var text = await output + await error;
        Assert.True(process.ExitCode == exitCode, $"'{program} {string.Join(' ', arguments)}' ended with {process.ExitCode}:\n{text}");
        return text;
    }
}
