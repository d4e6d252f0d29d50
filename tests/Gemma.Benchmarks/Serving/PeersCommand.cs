using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Gemma.Benchmarks.Serving;

/// <summary>
/// <c>peers</c>: runs <c>gemma bench</c> and another library's benchmark in turn and prints the ratios of the figures that both report, so that a machine that
/// changes its speed changes both.
/// </summary>
internal static class PeersCommand
{
    public static Command Create()
    {
        var package = new Option<string?>("--package") { Description = "A package for 'gemma bench', which stands for --ours." };
        var gguf = new Option<string?>("--gguf") { Description = "The same weights for LLamaSharp ('Gemma.Peers gguf' writes them), which stands for --peer." };
        var arguments = new Option<string>("--arguments")
        {
            Description = "What both benchmarks get with --package and --gguf.",
            DefaultValueFactory = _ => "--prompt-tokens 256 --max-new-tokens 32 --repeat 1",
        };
        var ours = new Option<string?>("--ours") { Description = "Instead: a command line that prints a JSON object of figures as its last line." };
        var peer = new Option<string?>("--peer") { Description = "Instead: the other one's." };
        var repeat = new Option<int>("--repeat") { Description = "Runs of each.", DefaultValueFactory = _ => 5 };
        var command = new Command("peers", "Compares two benchmarks' figures, run in turn. Build the solution with -c Release before.") { package, gguf,
            arguments, ours, peer, repeat };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(ours)
                ?? Line("src/Gemma.Cli", parsed.GetValue(package), $"--parts single batch --json {parsed.GetValue(arguments)}", "--package or --ours"),
            parsed.GetValue(peer) ?? Line("tests/Gemma.Peers", parsed.GetValue(gguf), parsed.GetRequiredValue(arguments), "--gguf or --peer"),
            parsed.GetValue(repeat),
            cancellationToken));
        return command;
    }

    // "run" finds the build by itself; the projects lie above this program's.
    private static string Line(string project, string? model, string arguments, string missing)
    {
        if (model is null) throw new ArgumentException($"Give {missing}.");
        var root = AppContext.BaseDirectory;
        while (root is not null && !Directory.Exists(Path.Combine(root, project))) root = Path.GetDirectoryName(root);
        if (root is null) throw new InvalidOperationException($"There is no {project} above {AppContext.BaseDirectory}: run from the checkout.");
        return $"dotnet run -c Release --no-build --project \"{Path.Combine(root, project)}\" -- bench \"{Path.GetFullPath(model)}\" {arguments}";
    }

    private static async Task RunAsync(string ours, string peer, int repeat, CancellationToken cancellationToken)
    {
        List<Dictionary<string, double>> left = [], right = [];
        for (var i = 0; i < repeat; i++)
        {
            left.Add(await FiguresAsync(ours, cancellationToken));
            right.Add(await FiguresAsync(peer, cancellationToken));
        }

        Console.WriteLine($"| median of {repeat}, run in turn | ours | peer | ratio | of the pairs: least, median, most |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var name in left[0].Keys.Where(right[0].ContainsKey))
        {
            var ratios = left.Zip(right, (a, b) => a[name] / b[name]).Order().ToArray();
            var (a, b) = (Statistics.Median(left.Select(figures => figures[name])), Statistics.Median(right.Select(figures => figures[name])));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {a:G4} | {b:G4} | {a / b:F2} | {ratios[0]:F2}, {Statistics.Median(ratios):F2}, {ratios[^1]:F2} |"));
        }
    }

    private static async Task<Dictionary<string, double>> FiguresAsync(string commandLine, CancellationToken cancellationToken)
    {
        var (shell, flag) = OperatingSystem.IsWindows() ? ("cmd", "/c") : ("sh", "-c");
        using var process = Process.Start(new ProcessStartInfo(shell, [flag, commandLine]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var last = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault(line => line.StartsWith('{'));
        if (process.ExitCode != 0 || last is null) throw new InvalidOperationException($"'{commandLine}' ended with {process.ExitCode} and no JSON object.");
        using var json = JsonDocument.Parse(last);
        return Figures(json.RootElement).ToDictionary(figure => figure.Name, figure => figure.Value);
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
