using System.Diagnostics;
using System.Text.Json;

namespace Gemma.Benchmarks.Peers;

/// <summary>A command line that prints figures, as a JSON object in its last line.</summary>
/// <param name="Name">What it is called in the tables.</param>
/// <param name="CommandLine">The line.</param>
internal sealed record Contestant(string Name, string CommandLine)
{
    private const string Peers = "tests/Gemma.Peers";

    /// <summary>Whether it takes <c>--threads</c>.</summary>
    public bool TakesThreads { get; private init; }

    public static Contestant Ours(string name, string package, string arguments) =>
        OfProject(name, "src/Gemma.Cli", $"bench \"{Path.GetFullPath(package)}\" --json {arguments}");

    public static Contestant LLamaSharp(string gguf, string arguments) =>
        OfProject("LLamaSharp", Peers, $"bench \"{Path.GetFullPath(gguf)}\" {arguments}") with { TakesThreads = true };

    public static Contestant GenAI(string package, string arguments) =>
        OfProject("GenAI", Peers, $"genai \"{Path.GetFullPath(package)}\" {arguments}") with { TakesThreads = true };

    /// <summary>A command of a project of this repository, which must have been built.</summary>
    public static Contestant OfProject(string name, string project, string arguments)
    {
        // "run" finds the build by itself; the projects lie above this program's.
        var root = AppContext.BaseDirectory;
        while (root is not null && !Directory.Exists(Path.Combine(root, project))) root = Path.GetDirectoryName(root);
        if (root is null) throw new InvalidOperationException($"There is no {project} above {AppContext.BaseDirectory}: run from the checkout.");
        return new Contestant(name, $"dotnet run -c Release --no-build --project \"{Path.Combine(root, project)}\" -- {arguments}");
    }

    /// <summary>Runs it and reads what it prints.</summary>
    public async Task<Dictionary<string, double>> MeasureAsync(CancellationToken cancellationToken)
    {
        var output = await RunAsync(cancellationToken);
        var last = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault(line => line.StartsWith('{'))
            ?? throw new InvalidOperationException($"'{CommandLine}' printed no JSON object.");
        using var json = JsonDocument.Parse(last);
        return Figures(json.RootElement).ToDictionary(figure => figure.Name, figure => figure.Value);
    }

    /// <summary>Runs it and returns what it prints.</summary>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        var (shell, flag) = OperatingSystem.IsWindows() ? ("cmd", "/c") : ("sh", "-c");
        using var process = Process.Start(new ProcessStartInfo(shell, [flag, CommandLine]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"'{CommandLine}' ended with {process.ExitCode}.");
    }

    // Those of a batch are named by its size.
    private static IEnumerable<(string Name, double Value)> Figures(JsonElement benchmark)
    {
        foreach (var figure in benchmark.EnumerateObject())
        {
            if (figure.Value.ValueKind == JsonValueKind.Number) yield return (figure.Name, figure.Value.GetDouble());
            if (figure.Value.ValueKind != JsonValueKind.Array) continue;
            foreach (var batch in figure.Value.EnumerateArray())
                yield return ($"{figure.Name} of {batch.GetProperty("sequences").GetInt32()}", batch.GetProperty("decode_tokens_per_second").GetDouble());
        }
    }
}
