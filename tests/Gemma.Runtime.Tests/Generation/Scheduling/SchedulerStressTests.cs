using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Generation.Scheduling;

/// <summary>
/// Many requests, many of them cancelled: nobody fails, nothing is left over, survivors get what they get alone. Gemma.Benchmarks' stress command does the same
/// at length.
/// </summary>
public sealed class SchedulerStressTests
{
    [Fact]
    public async Task Submit_ManyRequestsSomeCancelled_SurvivorsEqualTheirSoloRuns()
    {
        const int Prompts = 24;
        var expected = Enumerable.Range(0, Prompts).Select(i => TinyEngine.Solo(Prompt(i), 24)).ToArray();
        var engine = TinyEngine.Open(24);
        await using var scheduler = new InferenceScheduler(engine, new SchedulerOptions
        {
            MaxConcurrentRequests = 16,
            MaxQueueLength = 1000,
            TrimAfter = TimeSpan.FromMilliseconds(20),
            PrefillChunk = 64,
            PrefillChunkWhileDecoding = 16,
        });
        var random = new Random(7);
        List<(int Prompt, GreedyTask Task)> survivors = [];
        List<Task> victims = [];
        for (var i = 0; i < 400; i++)
        {
            var (prompt, count) = (random.Next(Prompts), random.Next(1, 25));
            if (random.NextDouble() < 0.2)
            {
                var source = new CancellationTokenSource();
                var victim = new GreedyTask(Prompt(prompt), count, source.Token);
                scheduler.Submit(victim);
                victims.Add(CancelAsync(victim, source, random.Next(4)));
            }
            else
            {
                survivors.Add((prompt, new GreedyTask(Prompt(prompt), count)));
                scheduler.Submit(survivors[^1].Task);
            }

            if (i % 40 == 0) await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        foreach (var (prompt, task) in survivors)
        {
            var actual = await task.Result;
            Assert.Equal(expected[prompt][..actual.Length], actual);
        }

        await Task.WhenAll(victims);
        Assert.Equal(0, scheduler.QueueLength);
        SpinWait.SpinUntil(() => scheduler.ActiveRequests == 0 && engine.CacheBytes <= 16L * 256 * engine.Info.BytesPerToken, TimeSpan.FromSeconds(10));
        Assert.Equal(0, scheduler.ActiveRequests);
        Assert.InRange(engine.CacheBytes, 1, 16L * 256 * engine.Info.BytesPerToken);
    }

    [Fact]
    public void Run_Decoding_AllocatesNothing()
    {
        using var engine = TinyEngine.Open();
        using var stopping = new CancellationTokenSource();
        IEngineSequence[] rows = [engine.CreateSequence(), engine.CreateSequence(), engine.CreateSequence()];
        var tokens = new int[rows.Length];
        EngineInput[] inputs = [.. rows.Select((row, i) => new EngineInput(row, tokens.AsMemory(i, 1)))];
        var before = 0L;
        for (var step = 0; step < 120; step++)
        {
            // The first twenty warm up.
            if (step == 20) before = GC.GetAllocatedBytesForCurrentThread();
            engine.Run(inputs, stopping.Token);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100);
    }

    [Fact]
    public async Task Submit_Generating_AllocatesNothingPerToken()
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { PromptLookup = false });
        long before = 0, after = 0;
        var task = new GreedyTask(TinyEngine.Prompt(1, 10), 200)
        {
            BeforeToken = count =>
            {
                if (count == 70) before = GC.GetAllocatedBytesForCurrentThread();
                if (count == 120) after = GC.GetAllocatedBytesForCurrentThread();
            },
        };
        scheduler.Submit(task);
        await task.Result;

        // The lists of tokens double now and then.
        Assert.InRange(after - before, 0, 2500);
    }

    // Some begin alike.
    private static int[] Prompt(int index) =>
        index % 3 == 0 ? [.. TinyEngine.Prompt(0, 70), .. TinyEngine.Prompt(index, 20)] : TinyEngine.Prompt(index, 3 + (index * 5));

    private static async Task CancelAsync(GreedyTask victim, CancellationTokenSource source, int milliseconds)
    {
        await Task.Delay(milliseconds);
        await source.CancelAsync();
        await Task.WhenAny(victim.Result);
        source.Dispose();
        Assert.True(victim.Result.IsCompletedSuccessfully
            || victim.Result.Exception?.InnerException is OperationCanceledException, $"{victim.Result.Exception}");
    }
}
