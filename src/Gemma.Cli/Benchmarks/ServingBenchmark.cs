using System.Diagnostics;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Benchmarks;

/// <summary>The engine behind the scheduler: what one chat and many chats see.</summary>
internal sealed class ServingBenchmark(IInferenceEngine engine, BenchmarkOptions options, BenchmarkReport report)
{
    private const int ChatPrompt = 64;
    private const int CopiedTokens = 96;
    private const int SystemTokens = 1000;
    private const int UserTokens = 20;

    // What the library adds to the passes of one sampled chat.
    public async Task MeasureOverheadAsync(CancellationToken cancellationToken)
    {
        List<double> shares = [], allocations = [];
        for (var i = 0; i < options.Repetitions; i++)
        {
            var timed = new TimedEngine(engine);
            await using var scheduler = Start(timed);
            var prompt = EngineBenchmark.Tokens(engine, ChatPrompt, i);
            var config = new GenerationConfig { DoSample = true, Temperature = 0.8, TopK = 64, TopP = 0.95, Seed = i };
            var task = new BenchmarkTask(prompt, options.NewTokens, cancellationToken)
            {
                Engine = timed,
                Selector = new TokenSelector(config, engine.Info.VocabularySize, prompt.Length, []),
            };
            scheduler.Submit(task);
            await task.Completion;
            shares.Add(task.OverheadShare);
            allocations.Add(task.AllocatedPerToken);
        }

        report.OverheadShare = Quantiles.Median(shares);
        report.AllocatedBytesPerToken = Quantiles.Median(allocations);
    }

    // An answer that quotes its prompt.
    public async Task MeasureLookupAsync(CancellationToken cancellationToken)
    {
        List<double> with = [], without = [];
        for (var i = 0; i < options.Repetitions; i++)
        {
            var prompt = EngineBenchmark.Tokens(engine, CopiedTokens * 2, 10 + i);
            foreach (var lookup in (bool[])[false, true])
            {
                await using var scheduler = Start(new TimedEngine(engine), lookup);
                var task = new BenchmarkTask(prompt, CopiedTokens, cancellationToken) { Script = prompt[4..] };
                scheduler.Submit(task);
                await task.Completion;
                (lookup ? with : without).Add(task.DecodeTokensPerSecond);
            }
        }

        report.LookupTokensPerSecond = Quantiles.Median(with);
        report.LookupGain = Quantiles.Median(with.Select((speed, i) => speed / without[i]));
    }

    // Chats that arrive at random.
    public async Task MeasureChatsAsync(CancellationToken cancellationToken)
    {
        await using var scheduler = Start(new TimedEngine(engine));
        var random = new Random(1);
        List<BenchmarkTask> tasks = [];
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < options.Concurrency * 2; i++)
        {
            tasks.Add(new BenchmarkTask(EngineBenchmark.Tokens(engine, ChatPrompt, 100 + i), options.NewTokens, cancellationToken));
            scheduler.Submit(tasks[^1]);
            await Task.Delay(TimeSpan.FromSeconds(-options.ArrivalSeconds * Math.Log(1 - random.NextDouble())), cancellationToken);
        }

        foreach (var task in tasks) await task.Completion;
        report.ChatTokensPerSecond = tasks.Count * options.NewTokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
        report.ChatFirstTokenSeconds = (Quantiles.Median(tasks.Select(task => task.FirstTokenSeconds)),
            Quantiles.Of(tasks.Select(task => task.FirstTokenSeconds), 0.95));
        report.ChatGapSeconds = (Quantiles.Median(tasks.SelectMany(task => task.Gaps())), Quantiles.Of(tasks.SelectMany(task => task.Gaps()), 0.95));
    }

    // A long prompt arrives while others generate.
    public async Task MeasureAdmissionAsync(CancellationToken cancellationToken)
    {
        await using var scheduler = Start(new TimedEngine(engine));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var room = engine.Info.ContextLength - ChatPrompt - 1;
        var chats = Enumerable.Range(0, options.Concurrency - 1)
            .Select(i => new BenchmarkTask(EngineBenchmark.Tokens(engine, ChatPrompt, 200 + i), room, ended.Token)).ToArray();
        foreach (var chat in chats) scheduler.Submit(chat);
        while (chats.Any(chat => chat.Taken < options.NewTokens)) await Task.Delay(5, cancellationToken);
        var arrival = Stopwatch.GetTimestamp();
        var late = new BenchmarkTask(EngineBenchmark.Tokens(engine, Math.Min(options.LongPromptTokens, room), 300), 1, cancellationToken);
        scheduler.Submit(late);
        await late.Completion;
        var answered = Stopwatch.GetTimestamp();
        await ended.CancelAsync();
        foreach (var chat in chats) await Task.WhenAny(chat.Completion);
        report.UndisturbedGapSeconds = chats.SelectMany(chat => chat.Gaps(to: arrival).TakeLast(options.NewTokens / 2)).Average();
        report.AdmissionGapSeconds = chats.SelectMany(chat => chat.Gaps(arrival, answered)).DefaultIfEmpty(0).Average();
        var fairGap = report.UndisturbedGapSeconds * options.Concurrency / (options.Concurrency - 1);
        report.AdmissionGapRatio = report.AdmissionGapSeconds / fairGap;
        report.AdmissionWorstGapRatio = chats.Max(chat => chat.Gaps(arrival, answered).DefaultIfEmpty(0).Average()) / fairGap;
        report.AdmissionFirstTokenSeconds = late.FirstTokenSeconds;
    }

    // The second turn of a long chat.
    public async Task MeasureHistoryAsync(CancellationToken cancellationToken)
    {
        await using var scheduler = Start(new TimedEngine(engine));
        var history = EngineBenchmark.Tokens(engine, Math.Min(options.HistoryTokens, engine.Info.ContextLength - (2 * UserTokens) - 10), 400);
        var first = new BenchmarkTask(history, 8, cancellationToken);
        scheduler.Submit(first);
        await first.Completion;
        var second = new BenchmarkTask([.. first.Tokens, .. EngineBenchmark.Tokens(engine, UserTokens, 401)], 8, cancellationToken);
        scheduler.Submit(second);
        await second.Completion;
        report.ColdFirstTokenSeconds = first.FirstTokenSeconds;
        report.CachedFirstTokenSeconds = second.FirstTokenSeconds;
    }

    // One system prompt, several users at the same time.
    public async Task MeasureSystemPromptAsync(CancellationToken cancellationToken)
    {
        await using var scheduler = Start(new TimedEngine(engine));
        var system = EngineBenchmark.Tokens(engine, Math.Min(SystemTokens, engine.Info.ContextLength - UserTokens - 10), 500);
        var users = Enumerable.Range(0, options.Concurrency)
            .Select(i => new BenchmarkTask([.. system, .. EngineBenchmark.Tokens(engine, UserTokens, 501 + i)], 2, cancellationToken)).ToArray();
        foreach (var user in users) scheduler.Submit(user);
        foreach (var user in users) await user.Completion;
        report.SystemPromptTokens = system.Length;
        report.SystemPromptComputed = scheduler.Statistics.PromptTokens - (options.Concurrency * UserTokens);
    }

    private InferenceScheduler Start(IInferenceEngine timed, bool lookup = false) =>
        new(timed, new SchedulerOptions
        {
            MaxConcurrentRequests = options.Concurrency,
            MaxQueueLength = 10_000,
            MaxCachedSequences = Math.Max(1, engine.Info.MaxBatchSize - options.Concurrency),
            PromptLookup = lookup,
        });
}
