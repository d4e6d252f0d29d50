using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Gemma.Benchmarks.Serving;

/// <summary>
/// <c>soak</c>: thousands of HTTP requests over loopback, some left in the middle, some malformed; every survivor must equal its solo run, nothing may be a
/// 5xx, and private memory may not grow.
/// </summary>
internal static class SoakCommand
{
    private const long MostGrowth = 32L << 20;

    public static Command Create()
    {
        var package = new Argument<string>("PACKAGE") { Description = "A package or checkpoint, small." };
        var requests = new Option<int>("--requests") { Description = "Requests in all.", DefaultValueFactory = _ => 10_000 };
        var concurrency = new Option<int>("--concurrency") { Description = "Requests that are under way at the same time.", DefaultValueFactory = _ => 64 };
        var leaving = new Option<double>("--leaving") { Description = "The share whose client leaves.", DefaultValueFactory = _ => 0.2 };
        var malformed = new Option<double>("--malformed") { Description = "The share that is malformed.", DefaultValueFactory = _ => 0.05 };
        var command = new Command("soak",
            "Runs thousands of HTTP requests against a server in this process and checks what comes back and what stays.") { package, requests, concurrency,
                leaving, malformed };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var server = await LoopbackServer.StartAsync(parsed.GetRequiredValue(package), 16, cancellationToken);
            using var client = new HttpClient { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
            var run = new SoakRun(client, parsed.GetValue(leaving), parsed.GetValue(malformed));
            await run.PrepareAsync(cancellationToken);
            var (count, width) = (parsed.GetValue(requests), parsed.GetValue(concurrency));

            // Connections, buffers and caches reach their size in the first quarter.
            var outcomes = new ConcurrentQueue<SoakOutcome>();
            var start = Stopwatch.GetTimestamp();
            await RunAsync(run, count / 4, width, outcomes, cancellationToken);
            var before = PrivateBytes();
            await RunAsync(run, count - (count / 4), width, outcomes, cancellationToken);
            var after = PrivateBytes();
            return Report(outcomes, server.Model.ActiveRequests + server.Model.QueueLength, before, after,
                count / Stopwatch.GetElapsedTime(start).TotalSeconds);
        });
        return command;
    }

    private static async Task RunAsync(SoakRun run, int requests, int concurrency, ConcurrentQueue<SoakOutcome> outcomes, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, requests, options, async (_, token) => outcomes.Enqueue(await run.RunAsync(token)));
    }

    private static int Report(IReadOnlyCollection<SoakOutcome> outcomes, int left, long before, long after, double rate)
    {
        var table = new Table().AddColumns("outcome", "requests");
        foreach (var outcome in Enum.GetValues<SoakOutcome>())
            table.AddRow(outcome.ToString(), outcomes.Count(o => o == outcome).ToString(CultureInfo.InvariantCulture));
        AnsiConsole.Write(table);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"{rate:0} requests/s; {left} left over; private memory {before / 1e6:0.0} MB after a quarter, {after / 1e6:0.0} MB at the end");
        return left == 0 && after - before < MostGrowth && !outcomes.Any(outcome => outcome is SoakOutcome.Different or SoakOutcome.WrongStatus) ? 0 : 1;
    }

    private static long PrivateBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.PrivateMemorySize64;
    }
}
