using Gemma.Runtime.Generation.Scheduling;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gemma.Runtime.Tests.Generation.Scheduling.Drafts;

/// <summary>A draft model changes the number of passes, never the tokens.</summary>
public sealed class DraftModelTests
{
    private const int Vocabulary = 8;
    private const int Draws = 100_000;
    private const int Length = 2000;
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Submit_SampledRequests_DrawFromTheModelsOwnDistribution()
    {
        var table = MarkovEngine.Table(1, Vocabulary, range: 10);
        var counts = new int[Vocabulary, Vocabulary];
        var (with, without) = (Engine(table), new MarkovEngine(table));
        await using var drafted = Start(with, Draft(MarkovEngine.Table(1, Vocabulary, range: 10, noise: 0.5)));
        await using var plain = Alone(without);
        for (var seed = 0; seed < Draws / Length; seed++)
        {
            var (task, other) = (new SampledTask([0], Length, seed, Vocabulary), new SampledTask([0], Length, seed, Vocabulary));
            drafted.Submit(task);
            plain.Submit(other);
            var tokens = await task.Result;
            Assert.Equal(await other.Result, tokens);
            for (var (i, last) = (0, 0); i < tokens.Length; last = tokens[i++]) counts[last, tokens[i]]++;
        }

        Assert.True(drafted.Statistics.AcceptedDraftTokens > Draws / 10, $"{drafted.Statistics.AcceptedDraftTokens} of {Draws} tokens were guessed");
        Assert.True(with.Passes < without.Passes * 0.9, $"{with.Passes} passes instead of {without.Passes}");

        // At most 56 degrees of freedom: a right sampler exceeds 115 once in 200,000 times.
        Assert.InRange(ChiSquared(counts, table), 5, 115);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    public async Task Submit_GreedyRequests_EqualRunsWithout(int requests)
    {
        var table = MarkovEngine.Table(2, 64, range: 100);
        await using var drafted = Start(Engine(table), Draft(MarkovEngine.Table(2, 64, range: 100, noise: 3)));
        await using var plain = Alone(new MarkovEngine(table));
        List<(GreedyTask With, GreedyTask Without)> tasks = [.. Enumerable.Range(0, requests)
            .Select(i => (new GreedyTask([i, i + 1], 100 + (i * 10)), new GreedyTask([i, i + 1], 100 + (i * 10))))];
        foreach (var (with, without) in tasks)
        {
            drafted.Submit(with);
            plain.Submit(without);
        }

        foreach (var (with, without) in tasks) Assert.Equal(await without.Result, await with.Result);
        Assert.True(drafted.Statistics.DraftedTokens > 0, "nothing was guessed");
    }

    [Fact]
    public async Task Submit_DraftAlwaysWrong_LosesNoMoreThanItMay()
    {
        // Sure of the token that is least likely.
        var table = MarkovEngine.Table(3, Vocabulary);
        var draft = Draft([.. table.Select(row => (float[])[.. row.Select(logit => -20 * logit)])]);
        await using var scheduler = Start(Engine(table), draft);
        var start = _clock.GetTimestamp();
        for (var i = 0; i < 4; i++)
        {
            var task = new GreedyTask([0, i], 500);
            scheduler.Submit(task);
            await task.Result;
        }

        Assert.Equal(0, scheduler.Statistics.AcceptedDraftTokens);
        Assert.InRange(_clock.GetElapsedTime(start).TotalMilliseconds, 2000, 2000 * 1.03);
    }

    [Fact]
    public async Task Submit_SlowDraft_IsLeftOutSoon()
    {
        var table = MarkovEngine.Table(4, Vocabulary, range: 20);
        var draft = Draft(table);
        draft.Milliseconds = (2, 2);
        await using var scheduler = Start(Engine(table), draft);
        var start = _clock.GetTimestamp();
        var task = new GreedyTask([0], 2000);
        scheduler.Submit(task);
        await task.Result;
        Assert.InRange(_clock.GetElapsedTime(start).TotalMilliseconds, 0, 2000 * 1.03);
    }

    [Fact]
    public async Task Submit_LongPromptAndShortAnswer_IsNotReadTwice()
    {
        var table = MarkovEngine.Table(5, Vocabulary);
        var draft = Draft(table);
        await using var scheduler = Start(Engine(table), draft);
        var task = new GreedyTask([.. Enumerable.Repeat(1, 1000)], 3);
        scheduler.Submit(task);
        await task.Result;
        Assert.Equal(0, draft.Passes);
    }

    [Fact]
    public async Task Submit_DraftFails_GoesOnWithout()
    {
        var table = MarkovEngine.Table(6, Vocabulary, range: 20);
        var draft = Draft(table);
        draft.Failure = new InvalidOperationException("no memory");
        var log = new FakeLogger();
        await using (var scheduler = new InferenceScheduler(Engine(table), Options(), log, draft))
        {
            var task = new GreedyTask([0], 50);
            scheduler.Submit(task);
            Assert.Equal(50, (await task.Result).Length);
        }

        Assert.Equal(1, draft.Disposals);
        Assert.Equal("no memory", Assert.Single(log.Collector.GetSnapshot()).Exception?.Message);
    }

    [Fact]
    public async Task Dispose_RequestsThatRunAndRan_FreesEachModelOnce()
    {
        var table = MarkovEngine.Table(7, Vocabulary, range: 20);
        var (engine, draft) = (Engine(table), Draft(table));
        using var cancelled = new CancellationTokenSource();
        await using (var scheduler = Start(engine, draft))
        {
            var done = new GreedyTask([0], 50);
            scheduler.Submit(done);
            await done.Result;
            var stopped = new GreedyTask([1], 4000, cancelled.Token) { BeforeToken = count => { if (count == 40) cancelled.Cancel(); } };
            scheduler.Submit(stopped);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped.Result);
            var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            scheduler.Submit(new GreedyTask([2], 4000) { BeforeToken = count => { if (count == 20) running.SetResult(); } });
            await running.Task;
        }

        Assert.Equal((1, 1), (engine.Disposals, draft.Disposals));
        Assert.Equal((0, 0), (engine.Sequences, draft.Sequences));
    }

    private static double ChiSquared(int[,] counts, float[][] table)
    {
        var sum = 0.0;
        for (var last = 0; last < Vocabulary; last++)
        {
            var (total, norm) = (Enumerable.Range(0, Vocabulary).Sum(next => counts[last, next]), table[last].Sum(logit => Math.Exp(logit)));
            var (rare, rareExpected) = (0, 0.0);
            for (var next = 0; next < Vocabulary; next++)
            {
                var expected = total * Math.Exp(table[last][next]) / norm;
                if (expected < 10) (rare, rareExpected) = (rare + counts[last, next], rareExpected + expected);
                else sum += Math.Pow(counts[last, next] - expected, 2) / expected;
            }

            if (rareExpected > 1) sum += Math.Pow(rare - rareExpected, 2) / rareExpected;
        }

        return sum;
    }

    private MarkovEngine Engine(float[][] table) => new(table, _clock);

    private MarkovEngine Draft(float[][] table) => new(table, _clock) { Milliseconds = (0.1, 0.01) };

    private SchedulerOptions Options() => new() { MaxConcurrentRequests = 16, TimeProvider = _clock };

    private InferenceScheduler Start(MarkovEngine engine, MarkovEngine draft) => new(engine, Options(), null, draft);

    // Beside the clock, which is the other one's.
    private static InferenceScheduler Alone(MarkovEngine engine) => new(engine, new SchedulerOptions { MaxConcurrentRequests = 16 });
}
