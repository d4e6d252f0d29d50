using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Gemma.Benchmarks.Serving;

/// <summary><c>peers</c>: runs <c>gemma bench</c> and another library's benchmark in turn and prints the ratios of the figures that both report, so that a machine that changes its speed changes both.</summary>
internal static class PeersCommand
{
    public static Command Create()
    {
        var ours = new Option<string>("--ours") { Description = "A command line that prints a JSON object of figures as its last line: gemma bench … --json.", Required = true };
        var peer = new Option<string>("--peer") { Description = "The other one's.", Required = true };
        var repeat = new Option<int>("--repeat") { Description = "Runs of each.", DefaultValueFactory = _ => 5 };
        var command = new Command("peers", "Compares two benchmarks' figures, run in turn.") { ours, peer, repeat };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(ours), parsed.GetRequiredValue(peer), parsed.GetValue(repeat), cancellationToken));
        return command;
    }

    private static async Task RunAsync(string ours, string peer, int repeat, CancellationToken cancellationToken)
    {
        List<Dictionary<string, double>> left = [], right = [];
        for (var i = 0; i < repeat; i++)
        {
            left.Add(await FiguresAsync(ours, cancellationToken));
            right.Add(await FiguresAsync(peer, cancellationToken));
        }

        Console.WriteLine($"| median of {repeat}, run in turn | ours | peer | ratio | ratios of the pairs |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var name in left[0].Keys.Where(right[0].ContainsKey))
        {
            var ratios = left.Zip(right, (a, b) => a[name] / b[name]).Order().ToArray();
            var (a, b) = (Statistics.Median(left.Select(figures => figures[name])), Statistics.Median(right.Select(figures => figures[name])));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {a:G4} | {b:G4} | {a / b:F2} | {ratios[0]:F2} to {ratios[^1]:F2}, median {Statistics.Median(ratios):F2} |"));
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
        return json.RootElement.EnumerateObject().Where(figure => figure.Value.ValueKind == JsonValueKind.Number).ToDictionary(figure => figure.Name, figure => figure.Value.GetDouble());
    }
}
