using System.Globalization;

namespace Gemma.Benchmarks.Peers;

/// <summary>Runs all contestants in turn, several times, and compares each of one side with each of the other.</summary>
/// <param name="ours">One side.</param>
/// <param name="peers">The other.</param>
/// <param name="isOwnChoice">Whether the others choose their number of threads, rather than take ours.</param>
internal sealed class PeerMatch(IReadOnlyList<Contestant> ours, IReadOnlyList<Contestant> peers, bool isOwnChoice)
{
    private const string Threads = "threads";
    private const string Bandwidth = "memory_bandwidth_bytes_per_second";

    private readonly List<Dictionary<string, double>>[] _ours = [.. ours.Select(_ => new List<Dictionary<string, double>>())];
    private readonly List<Dictionary<string, double>>[] _peers = [.. peers.Select(_ => new List<Dictionary<string, double>>())];

    public async Task RunAsync(int repeat, CancellationToken cancellationToken)
    {
        for (var run = 0; run < repeat; run++)
        {
            for (var i = 0; i < ours.Count; i++) _ours[i].Add(await ours[i].MeasureAsync(cancellationToken));

            // All compute with the number of threads that ours chooses, unless each is to choose.
            var chosen = _ours[0][0].GetValueOrDefault(Threads);
            var threads = chosen > 0 && !isOwnChoice ? string.Create(CultureInfo.InvariantCulture, $" --threads {chosen:0}") : string.Empty;
            for (var i = 0; i < peers.Count; i++)
            {
                var peer = peers[i];
                _peers[i].Add(await (peer.TakesThreads ? peer with { CommandLine = peer.CommandLine + threads } : peer).MeasureAsync(cancellationToken));
            }
        }

        Console.WriteLine(Machine());
        for (var i = 0; i < ours.Count; i++)
        {
            for (var j = 0; j < peers.Count; j++) Print(ours[i].Name, _ours[i], peers[j].Name, _peers[j]);
        }
    }

    private static void Print(string name, List<Dictionary<string, double>> left, string peer, List<Dictionary<string, double>> right)
    {
        Console.WriteLine();
        Console.WriteLine($"| median of {left.Count}, run in turn | {name} | {peer} | ratio | of the pairs: least, median, most |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var figure in left[0].Keys.Where(right[0].ContainsKey))
        {
            var ratios = left.Zip(right, (a, b) => a[figure] / b[figure]).Order().ToArray();
            var (a, b) = (Statistics.Median(left.Select(figures => figures[figure])), Statistics.Median(right.Select(figures => figures[figure])));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {figure} | {a:G4} | {b:G4} | {a / b:F2} | {ratios[0]:F2}, {Statistics.Median(ratios):F2}, {ratios[^1]:F2} |"));
        }

        // Nobody else's, but what the others are read by.
        foreach (var figure in (string[])["decode_bandwidth_share", "embed_of_prefill"])
        {
            if (!left[0].ContainsKey(figure)) continue;
            var own = Statistics.Median(left.Select(figures => figures[figure]));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {figure} | {own:G3} | | | |"));
        }
    }

    private string Machine()
    {
        var bandwidth = _ours.SelectMany(runs => runs).Where(figures => figures.ContainsKey(Bandwidth)).Select(figures => figures[Bandwidth] / 1e9).Order()
            .ToArray();
        var memory = bandwidth.Length == 0
            ? string.Empty
            : string.Create(CultureInfo.InvariantCulture, $", memory {bandwidth[0]:F0}-{bandwidth[^1]:F0} GB/s, median {Statistics.Median(bandwidth):F0}");
        var others = isOwnChoice ? ", others as many as they choose" : " each";
        return $"{ProcessorName.Read()}, {Environment.ProcessorCount} processors{memory}, {_ours[0][0].GetValueOrDefault(Threads):0} threads{others}";
    }
}
