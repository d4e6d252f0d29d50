using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Generation.BeamSearch;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Generation.Scoring;
using Gemma.Runtime.Models;
using Gemma.Runtime.Tests.Engines;

namespace Gemma.Runtime.Tests.Generation.Scheduling;

/// <summary>Windows of 16 and prompts of 200 tokens: requests of all kinds get what they get from caches that keep everything.</summary>
public sealed class WindowedSchedulingTests(TestPackages packages)
{
    private static readonly SchedulerOptions Options = new()
    {
        PrefillChunk = 16,
        PrefillChunkWhileDecoding = 8,
        MaxConcurrentRequests = 32,
        TrimAfter = TimeSpan.FromMilliseconds(20),
    };

    public static TheoryData<string> Packages => ["gemma3w-fp32", "gemma4w-fp32"];

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task Submit_ChatOfManyTurns_ReusesEveryTurn(string name)
    {
        var package = await packages.OpenAsync(name);
        using var full = WindowedShapes.Open(package, room: null);
        await using var scheduler = new InferenceScheduler(WindowedShapes.Open(package), Options);
        var history = WindowedShapes.Prompt(1, 200);
        for (var turn = 0; turn < 6; turn++)
        {
            var task = new GreedyTask(history, 20);
            scheduler.Submit(task);
            var answer = await task.Result;
            Assert.Equal(Solo(full, history, 20), answer);

            // The last generated token was never run.
            Assert.Equal(turn == 0 ? 0 : history.Length - 26, task.CachedTokens);
            history = [.. history, .. answer, .. WindowedShapes.Prompt(turn + 2, 25)];
        }
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task Submit_SystemPromptOfLongRequests_IsComputedTwice(string name)
    {
        var package = await packages.OpenAsync(name);
        using var full = WindowedShapes.Open(package, room: null);
        await using var scheduler = new InferenceScheduler(WindowedShapes.Open(package), Options);
        var system = WindowedShapes.Prompt(1, 200);
        for (var i = 0; i < 5; i++)
        {
            // Other first tokens, so that prompts part at the same place.
            int[] prompt = [.. system, 20 + i, .. WindowedShapes.Prompt(i + 2, 60)];
            var task = new GreedyTask(prompt, 30);
            scheduler.Submit(task);
            Assert.Equal(Solo(full, prompt, 30), await task.Result);

            // The first one drops it, the second leaves a copy.
            Assert.Equal(i < 2 ? 0 : 200, task.CachedTokens);
        }
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task Submit_AnswerTakenBack_IsComputedAnew(string name)
    {
        var package = await packages.OpenAsync(name);
        using var full = WindowedShapes.Open(package, room: null);
        await using var scheduler = new InferenceScheduler(WindowedShapes.Open(package), Options);
        var prompt = WindowedShapes.Prompt(1, 200);
        foreach (var count in (int[])[2, 40, 40, 3])
        {
            var task = new GreedyTask(prompt, count);
            scheduler.Submit(task);
            Assert.Equal(Solo(full, prompt, count), await task.Result);
        }
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task Submit_ManyAtOnceSomeCancelled_SurvivorsEqualFullCaches(string name)
    {
        var package = await packages.OpenAsync(name);
        using var full = WindowedShapes.Open(package, room: null);
        await using var scheduler = new InferenceScheduler(WindowedShapes.Open(package), Options);
        var system = WindowedShapes.Prompt(1, 120);
        var prompts = Enumerable.Range(0, 32)
            .Select(i => (int[])(i % 3 == 0 ? [.. system, .. WindowedShapes.Prompt(i + 2, 80)] : WindowedShapes.Prompt(i + 2, 100 + (i * 3)))).ToArray();
        using var source = new CancellationTokenSource();
        var tasks = prompts.Select((prompt, i) => new GreedyTask(prompt, i % 8 == 5 ? 500 : 10 + i, i % 8 == 5 ? source.Token : default)
        {
            BeforeToken = i == 7 ? count => Cancel(count, source) : null,
        }).ToArray();
        foreach (var task in tasks) scheduler.Submit(task);
        for (var i = 0; i < tasks.Length; i++)
        {
            if (i % 8 == 5) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tasks[i].Result);
            else Assert.Equal(Solo(full, prompts[i], 10 + i), await tasks[i].Result);
        }
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task Submit_WithPromptLookup_GuessesAndEqualsFullCaches(string name)
    {
        var package = await packages.OpenAsync(name);
        using var full = WindowedShapes.Open(package, room: null);
        await using var scheduler = new InferenceScheduler(WindowedShapes.Open(package), Options with { PromptLookup = true });
        var prompt = WindowedShapes.Prompt(1, 200);

        // The answer copies the prompt up to where it is wrong, now and then.
        var task = new GreedyTask(prompt, 120) { Force = position => position % 17 == 16 ? 9 : prompt[20 + position] };
        scheduler.Submit(task);
        var answer = await task.Result;
        Assert.True(scheduler.Statistics.DraftedTokens > 0, "nothing was guessed");
        int[] text = [.. prompt, .. answer];
        var next = new GreedyTask(text, 10);
        scheduler.Submit(next);
        Assert.Equal(Solo(full, text, 10), await next.Result);
        Assert.Equal(text.Length - 2, next.CachedTokens);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task Submit_ScoringAndBeams_EqualFullCaches(string name)
    {
        var package = await packages.OpenAsync(name);
        await using var windowed = new InferenceScheduler(WindowedShapes.Open(package), Options);
        await using var full = new InferenceScheduler(WindowedShapes.Open(package, room: null), Options);
        var prompt = WindowedShapes.Prompt(1, 300);
        var (left, right) = (await ScoreAsync(windowed, prompt), await ScoreAsync(full, prompt));
        foreach (var (expected, actual) in right.LogProbabilities.Skip(1).Zip(left.LogProbabilities.Skip(1)))
            Assert.Equal(expected!.Value, actual!.Value, 1e-3);
        var (leftBeams, rightBeams) = (await BeamsAsync(windowed, prompt), await BeamsAsync(full, prompt));
        Assert.Equal(rightBeams.Select(beam => string.Join(' ', beam.Tokens)), leftBeams.Select(beam => string.Join(' ', beam.Tokens)));
    }

    private static void Cancel(int count, CancellationTokenSource source)
    {
        if (count == 3) source.Cancel();
    }

    private static async Task<TextScore> ScoreAsync(InferenceScheduler scheduler, int[] text)
    {
        var job = new ScoringJob(text, 3, TestContext.Current.CancellationToken);
        scheduler.Submit(job);
        return await job.Result;
    }

    private static async Task<IReadOnlyList<Beam>> BeamsAsync(InferenceScheduler scheduler, int[] prompt)
    {
        var job = new BeamSearchJob(prompt, new GenerationConfig
        {
            NumBeams = 4,
            NumReturnSequences = 4,
        }, new SelectionContext(512, prompt.Length, [1], prompt.Length + 60), null, TestContext.Current.CancellationToken);
        scheduler.Submit(job);
        return await job.Result;
    }

    // Full caches, nobody else there.
    private static int[] Solo(OnnxRuntimeEngine full, int[] prompt, int count)
    {
        using var sequence = full.CreateSequence();
        return full.Greedy(sequence, prompt, count);
    }
}
