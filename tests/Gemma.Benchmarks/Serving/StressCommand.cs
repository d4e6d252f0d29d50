using System.CommandLine;
using System.Diagnostics;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models;
using Spectre.Console;

namespace Gemma.Benchmarks.Serving;

/// <summary>
/// <c>stress</c>: thousands of requests at random, some cancelled at random points; every survivor must equal its solo run, and nothing may be left over.
/// </summary>
internal static class StressCommand
{
    private const int Prompts = 64;
    private const int MaxNewTokens = 16;

    public static Command Create()
    {
        var package = new Argument<string>("PACKAGE") { Description = "A model package, small." };
        var requests = new Option<int>("--requests") { Description = "Requests in all.", DefaultValueFactory = _ => 10_000 };
        var concurrency = new Option<int>("--concurrency") { Description = "Requests that run at the same time.", DefaultValueFactory = _ => 16 };
        var cancelled = new Option<double>("--cancelled") { Description = "The share that is cancelled.", DefaultValueFactory = _ => 0.2 };
        var cached = new Option<int>("--cached") { Description = "Sequences of the prefix cache.", DefaultValueFactory = _ => 8 };
        var lookup = new Option<bool>("--lookup") { Description = "Whether a lone request guesses ahead; near ties may then fall the other way." };
        var command = new Command("stress", "Runs thousands of requests, cancels some, and checks the rest.") { package, requests, concurrency, cancelled,
            cached, lookup };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var opened = await ModelPackage.OpenAsync(parsed.GetRequiredValue(package), cancellationToken: cancellationToken);
            await using var scheduler = Open(opened, parsed.GetValue(concurrency), parsed.GetValue(cached), parsed.GetValue(lookup));
            return await RunAsync(scheduler, await SoloAsync(opened, cancellationToken), parsed.GetValue(requests), parsed.GetValue(concurrency),
                parsed.GetValue(cancelled), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(InferenceScheduler scheduler, int[][] expected, int requests, int concurrency, double cancelled,
        CancellationToken cancellationToken)
    {
        var random = new Random(1);
        using var places = new SemaphoreSlim(concurrency * 4);
        List<Task<StressOutcome>> runs = [];
        var (start, memory) = (Stopwatch.GetTimestamp(), 0L);
        for (var i = 0; i < requests; i++)
        {
            await places.WaitAsync(cancellationToken);
            var (prompt, count) = (random.Next(Prompts), random.Next(1, MaxNewTokens + 1));
            TimeSpan? patience = random.NextDouble() < cancelled ? TimeSpan.FromMilliseconds(random.NextDouble() * 40) : null;
            runs.Add(RunOneAsync(scheduler, prompt, expected[prompt].AsMemory(0, count), patience, places));
            if (i == requests / 10) memory = Settled();
        }

        var outcomes = await Task.WhenAll(runs);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var table = new Table().AddColumns("outcome", "requests");
        foreach (var outcome in Enum.GetValues<StressOutcome>())
            table.AddRow(outcome.ToString(), outcomes.Count(o => o == outcome).ToString(System.Globalization.CultureInfo.InvariantCulture));
        AnsiConsole.Write(table);
        var left = scheduler.ActiveRequests + scheduler.QueueLength;
        AnsiConsole.MarkupLineInterpolated(System.Globalization.CultureInfo.InvariantCulture,
            $"{requests / seconds:0} requests/s; {left} left over; managed memory {memory / 1e6:0.0} MB after a tenth, {Settled() / 1e6:0.0} MB at the end");
        return left == 0 && outcomes.All(outcome => outcome is StressOutcome.Equal or StressOutcome.Cancelled) ? 0 : 1;
    }

    private static async Task<StressOutcome> RunOneAsync(InferenceScheduler scheduler, int prompt, ReadOnlyMemory<int> expected, TimeSpan? patience,
        SemaphoreSlim places)
    {
        using var source = new CancellationTokenSource();
        try
        {
            var task = new StressTask(Prompt(prompt), expected.Length, source.Token);
            if (patience is { } time) source.CancelAfter(time);
            scheduler.Submit(task);
            var actual = await task.Result;
            if (actual.AsSpan().SequenceEqual(expected.Span)) return StressOutcome.Equal;
            var common = actual.AsSpan().CommonPrefixLength(expected.Span);
            AnsiConsole.MarkupLineInterpolated(
                $"prompt {prompt} ({task.CachedTokens} of {task.PromptLength} tokens cached) differs after {common} tokens");
            return StressOutcome.Different;
        }
        catch (OperationCanceledException) when (patience is not null)
        {
            return StressOutcome.Cancelled;
        }
        finally
        {
            places.Release();
        }
    }

    private static async Task<int[][]> SoloAsync(ModelPackage package, CancellationToken cancellationToken)
    {
        var expected = new int[Prompts][];
        await using var scheduler = Open(package, 1, cached: 0, lookup: false);
        for (var i = 0; i < Prompts; i++)
        {
            var task = new StressTask(Prompt(i), MaxNewTokens, cancellationToken);
            scheduler.Submit(task);
            expected[i] = await task.Result;
        }

        return expected;
    }

    private static InferenceScheduler Open(ModelPackage package, int concurrency, int cached, bool lookup) => new(
        EngineFactory.Create(package, new EngineOptions(), concurrency + cached),
        new SchedulerOptions { MaxConcurrentRequests = concurrency, MaxQueueLength = 10_000, MaxCachedSequences = cached, PromptLookup = lookup });

    // A third begin alike.
    private static int[] Prompt(int index)
    {
        var (random, shared) = (new Random(index), new Random(0));
        int[] own = [.. Enumerable.Range(0, 3 + (index % 9 * 10)).Select(_ => random.Next(200, 500))];
        return [2, .. index % 3 == 0 ? Enumerable.Range(0, 60).Select(_ => shared.Next(200, 500)) : [], .. own];
    }

    private static long Settled() => GC.GetTotalMemory(forceFullCollection: true);
}
