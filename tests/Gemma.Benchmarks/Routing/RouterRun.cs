using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace Gemma.Benchmarks.Routing;

/// <summary>The three measurements; each says whether something is not as it must be.</summary>
internal sealed partial class RouterRun(string gemma, string package, int servers, int chats, int turns, int concurrency)
{
    private const double LeastCachedShare = 0.75;
    private const double MostMilliseconds = 1;
    private const double MostThroughput = 0.05;

    /// <summary>The share of prompt tokens that servers remember, by policy; servers begin anew for each.</summary>
    public async Task<bool> PoliciesAsync(CancellationToken cancellationToken)
    {
        var failed = false;
        foreach (var policy in (string[])["gemma-prefix", "RoundRobin"])
        {
            using var group = await ServerGroup.StartAsync(gemma, package, Ports(servers), cancellationToken);
            using var router = await RouteAsync(group.Addresses, policy, cancellationToken);
            using var client = new HttpClient { BaseAddress = router.Address, Timeout = Timeout.InfiniteTimeSpan };
            var load = new ChatLoad(client, chats, turns, concurrency);
            var start = Stopwatch.GetTimestamp();
            await load.RunAsync(null, cancellationToken);
            var share = load.CachedTokens / (double)load.PromptTokens;
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Say($"{policy}: {share:P1} of {load.PromptTokens} prompt tokens were cached; {load.Answers} answers in {seconds:0.0} s");
            Say($"{policy}: {load.Moved} turns moved to another server, {load.Forgotten} found less than their last prompt; picks: {await PicksAsync(client)}");
            Say($"{policy}: {load.Failures.Count} failures; {Shares(load)}");
            failed |= !load.Failures.IsEmpty || (policy == "gemma-prefix" && share < LeastCachedShare);
        }

        return failed;
    }

    /// <summary>A server is killed after a third of the answers, and one more comes after two thirds.</summary>
    public async Task<bool> ChangesAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var ports = Ports(servers + 1);
        using var group = await ServerGroup.StartAsync(gemma, package, ports[..servers], cancellationToken);

        // The router knows the address of the one that comes later.
        using var router = await RouteAsync([.. group.Addresses, ServerGroup.AddressOf(ports[servers])], "gemma-prefix", cancellationToken);
        using var client = new HttpClient { BaseAddress = router.Address, Timeout = Timeout.InfiniteTimeSpan };
        var load = new ChatLoad(client, chats, turns, concurrency);
        var (killed, added) = (0L, Task.FromResult(0L));
        var isAdded = 0;
        await load.RunAsync(
            answers =>
            {
                if (answers >= chats * turns / 3 && Interlocked.CompareExchange(ref killed, Stopwatch.GetTimestamp(), 0) == 0) group.Kill(1);
                if (answers >= chats * turns * 2 / 3 && Interlocked.Exchange(ref isAdded, 1) == 0) added = AddAsync();
            },
            cancellationToken);
        var ready = await added;

        // Further users come until the new server has some, as long as it may take.
        List<ChatLoad> loads = [load];
        long[] OfTheNewOne() =>
            [.. loads.SelectMany(one => one.Served).Where(served => served.Server == ServerGroup.NameOf(servers)).Select(served => served.Time)];
        while (OfTheNewOne().Length == 0 && Stopwatch.GetElapsedTime(ready) < limit)
        {
            loads.Add(new ChatLoad(client, chats, 1, concurrency));
            await loads[^1].RunAsync(null, cancellationToken);
        }

        var follows = OfTheNewOne() is { Length: > 0 } times ? Stopwatch.GetElapsedTime(ready, Math.Max(ready, times.Min())) : (TimeSpan?)null;
        var late = load.Served.Count(served => served.Server == ServerGroup.NameOf(1) && served.Time > killed);
        var lost = loads.Sum(one => one.Failures.Count);
        Say($"killed one of {servers}: {lost} of {loads.Sum(one => one.Answers) + lost} requests lost (at most {concurrency} ran)");
        Say($"{late} answers of it later; {Shares(load)}");
        foreach (var failure in loads.SelectMany(one => one.Failures).Take(5)) Say($"  {failure}");
        if (follows is { } time) Say($"added one: the first answer came {time.TotalSeconds:0.0} s after it was ready");
        else Say($"added one: no answer of it within {limit.TotalSeconds:0} s");
        return lost > concurrency || follows is null || follows > limit;

        async Task<long> AddAsync()
        {
            await group.AddAsync(ports[servers], servers, cancellationToken);
            return Stopwatch.GetTimestamp();
        }
    }

    /// <summary>What the router costs in front of one server, both in turn.</summary>
    public async Task<bool> CostAsync(int streams, int requests, int rounds, CancellationToken cancellationToken)
    {
        using var group = await ServerGroup.StartAsync(gemma, package, Ports(1), cancellationToken);
        using var router = await RouteAsync(group.Addresses, "gemma-prefix", cancellationToken);
        var direct = new Uri(group.Addresses[0]);
        List<double> added = [], lost = [];
        for (var round = 0; round < rounds; round++)
        {
            var without = await RouterCost.LatencyAsync(direct, requests, cancellationToken);
            var with = await RouterCost.LatencyAsync(router.Address, requests, cancellationToken);
            added.Add(with - without);
            var alone = await RouterCost.ThroughputAsync(direct, streams, requests, cancellationToken);
            var behind = await RouterCost.ThroughputAsync(router.Address, streams, requests, cancellationToken);
            lost.Add(1 - (behind / alone));
            Say($"round {round + 1}: a short request {without:0.000} ms direct, {with:0.000} ms routed");
            Say($"{streams} streams {alone:0.0} answers/s direct, {behind:0.0} routed");
        }

        var (milliseconds, share) = (Median(added), Median(lost));
        Say($"the router costs {milliseconds:0.000} ms a request and {share:P1} of the throughput at {streams} streams");
        return milliseconds > MostMilliseconds || share > MostThroughput;
    }

    private Task<GemmaProcess> RouteAsync(IEnumerable<string> addresses, string policy, CancellationToken cancellationToken) =>
        GemmaProcess.StartAsync(gemma, "Listening", ["route", "--to", .. addresses, "--policy", policy, "--host", "127.0.0.1", "--port", "0"],
            cancellationToken);

    // Why the router chose as it did, by its own counter.
    private static async Task<string> PicksAsync(HttpClient router)
    {
        var picks = Picks().Matches(await router.GetStringAsync("/metrics"));
        return picks.Count == 0 ? "none counted" : string.Join(", ", picks.Select(pick => $"{pick.Groups[1].Value} {pick.Groups[2].Value}"));
    }

    private static string Shares(ChatLoad load) =>
        string.Join(", ", load.Served.GroupBy(served => served.Server)
            .OrderBy(server => server.Key, StringComparer.Ordinal)
            .Select(server => $"{server.Key} {server.Count()}"));

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static int[] Ports(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }

    private static void Say(FormattableString text) => AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, text);

    [GeneratedRegex("^gemma_router_picks_total\\{[^}]*reason=\"([a-z]+)\"[^}]*\\} ([0-9]+)", RegexOptions.Multiline)]
    private static partial Regex Picks();
}
