using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Gemma.Benchmarks.Routing;

/// <summary>A <c>gemma</c> process of its own, ended with its owner.</summary>
internal sealed partial class GemmaProcess : IDisposable
{
    private readonly Process _process;

    private GemmaProcess(Process process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>Starts it and waits for a line of its error stream.</summary>
    /// <param name="gemma">The command's assembly.</param>
    /// <param name="ready">How the line begins.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<GemmaProcess> StartAsync(string gemma, string ready, string[] arguments, CancellationToken cancellationToken)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [gemma, .. arguments]) { RedirectStandardError = true })
            ?? throw new InvalidOperationException("dotnet did not start.");
        var address = new Uri("http://localhost");
        while (await process.StandardError.ReadLineAsync(cancellationToken) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match) address = new Uri(match.Groups[1].Value);
            if (!line.StartsWith(ready, StringComparison.Ordinal)) continue;

            // What it says later must not block it.
            _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
            return new GemmaProcess(process, address);
        }

        process.Dispose();
        throw new InvalidOperationException($"'gemma {string.Join(' ', arguments)}' ended early.");
    }

    public void Kill() => _process.Kill();

    public Task WaitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    [GeneratedRegex("Listening on (http://[^;]+);")]
    private static partial Regex Listening();
}
