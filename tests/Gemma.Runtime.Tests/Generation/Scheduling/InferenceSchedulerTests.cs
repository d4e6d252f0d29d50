using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Generation.Scheduling;

/// <summary>Requests of different lengths share passes, come, go, fail and are cancelled, and each gets what it gets alone.</summary>
public sealed class InferenceSchedulerTests
{
    [Theory]
    [InlineData(1, 512, 0)]
    [InlineData(4, 512, 8)]
    [InlineData(8, 16, 8)]
    [InlineData(8, 7, 2)]
    public async Task Submit_RaggedRequests_EqualTheirSoloRuns(int concurrent, int chunk, int cached)
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions
        {
            MaxConcurrentRequests = concurrent,
            PrefillChunk = chunk,
            PrefillChunkWhileDecoding = Math.Min(chunk, 24),
            MaxCachedSequences = cached,
        });
        int[] lengths = [1, 2, 5, 17, 33, 80, 121, 200, 3, 64, 9, 150];
        var tasks = lengths.Select((length, i) => new GreedyTask(TinyEngine.Prompt(i, length), 4 + (i * 3), TestContext.Current.CancellationToken)).ToArray();
        foreach (var task in tasks) scheduler.Submit(task);
        for (var i = 0; i < tasks.Length; i++)
        {
            Assert.Equal(TinyEngine.Solo(TinyEngine.Prompt(i, lengths[i]), 4 + (i * 3)),
                await tasks[i].Result.WaitAsync(TestContext.Current.CancellationToken));
        }
        Assert.Equal(0, scheduler.QueueLength);
    }

    [Fact]
    public async Task Submit_FullQueue_ThrowsWithLengthAndHint()
    {
        using var release = new ManualResetEventSlim();
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { MaxConcurrentRequests = 1, MaxQueueLength = 2 });
        var running = await StartBlockedAsync(scheduler, release);
        var waiting = Enumerable.Range(0, 2).Select(i => new GreedyTask(TinyEngine.Prompt(i, 5), 2)).ToArray();
        foreach (var task in waiting) scheduler.Submit(task);
        var error = Assert.Throws<GemmaOverloadedException>(() => scheduler.Submit(new GreedyTask([2, 3], 1)));
        Assert.Equal(2, error.QueueLength);
        Assert.True(error.RetryAfter >= TimeSpan.FromSeconds(1), $"retry after {error.RetryAfter}");
        release.Set();
        await running.Result;
        foreach (var task in waiting) await task.Result;
        scheduler.Submit(waiting[0] = new GreedyTask([2, 3], 1));
        await waiting[0].Result;
    }

    [Fact]
    public async Task Cancel_WaitingRequest_EndsItWhileAllPlacesAreTaken()
    {
        using var release = new ManualResetEventSlim();
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { MaxConcurrentRequests = 1 });
        var running = await StartBlockedAsync(scheduler, release);
        using var source = new CancellationTokenSource();
        var waiting = new GreedyTask(TinyEngine.Prompt(1, 5), 2, source.Token);
        scheduler.Submit(waiting);
        await source.CancelAsync();

        // The inference thread is still blocked.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            waiting.Result.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Equal(0, scheduler.QueueLength);
        var late = new GreedyTask(TinyEngine.Prompt(1, 5), 2, source.Token);
        scheduler.Submit(late);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late.Result.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        release.Set();
        await running.Result;
    }

    [Fact]
    public async Task Cancel_RunningRequest_LeavesTheOthersAsAlone()
    {
        await using var scheduler = TinyEngine.Start();
        using var source = new CancellationTokenSource();
        var victim = new GreedyTask(TinyEngine.Prompt(1, 40), 200, source.Token) { BeforeToken = count => { if (count == 5) source.Cancel(); } };
        var others = Enumerable.Range(2, 4).Select(i => new GreedyTask(TinyEngine.Prompt(i, 10 * i), 40)).ToArray();
        scheduler.Submit(victim);
        foreach (var task in others) scheduler.Submit(task);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => victim.Result);
        Assert.InRange(victim.Output.Count, 6, 7);
        for (var i = 0; i < others.Length; i++) Assert.Equal(TinyEngine.Solo(TinyEngine.Prompt(i + 2, 10 * (i + 2)), 40), await others[i].Result);
    }

    [Fact]
    public async Task Run_PoisonedRequests_FailAloneAndTheOthersGoOn()
    {
        await using var scheduler = TinyEngine.Start();
        var thrower = new GreedyTask(TinyEngine.Prompt(1, 20), 50) { BeforeToken = count => { if (count == 3) throw new FormatException("poison"); } };
        var outside = new GreedyTask(TinyEngine.Prompt(2, 20), 50) { Force = count => count == 4 ? 100_000 : 7 };
        var badPrompt = new GreedyTask([2, 100_000, 5], 5);
        var good = Enumerable.Range(3, 3).Select(i => new GreedyTask(TinyEngine.Prompt(i, 3 * i), 30)).ToArray();
        foreach (var task in (GreedyTask[])[thrower, outside, badPrompt, .. good]) scheduler.Submit(task);
        await Assert.ThrowsAsync<FormatException>(() => thrower.Result);
        await Assert.ThrowsAsync<EngineException>(() => outside.Result);
        await Assert.ThrowsAsync<EngineException>(() => badPrompt.Result);
        for (var i = 0; i < good.Length; i++) Assert.Equal(TinyEngine.Solo(TinyEngine.Prompt(i + 3, 3 * (i + 3)), 30), await good[i].Result);
    }

    [Fact]
    public async Task Deadline_WaitingAndRunning_EndWithTimeout()
    {
        using var release = new ManualResetEventSlim();
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { MaxConcurrentRequests = 1 });
        var running = new GreedyTask(TinyEngine.Prompt(0, 5), 200)
        {
            Deadline = DateTimeOffset.UtcNow.AddMilliseconds(50),
            BeforeToken = count => { if (count == 2) Thread.Sleep(100); },
        };
        var waiting = new GreedyTask(TinyEngine.Prompt(1, 5), 2) { Deadline = DateTimeOffset.UtcNow.AddMilliseconds(60) };
        var patient = new GreedyTask(TinyEngine.Prompt(2, 5), 2) { Deadline = DateTimeOffset.UtcNow.AddMinutes(5) };
        foreach (var task in (GreedyTask[])[running, waiting, patient]) scheduler.Submit(task);
        await Assert.ThrowsAsync<GemmaTimeoutException>(() => running.Result);
        await Assert.ThrowsAsync<GemmaTimeoutException>(() => waiting.Result);
        Assert.Equal(2, (await patient.Result).Length);
    }

    [Fact]
    public async Task QueueDeadline_StillWaiting_EndsAsOverload()
    {
        using var release = new ManualResetEventSlim();
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { MaxConcurrentRequests = 1 });
        var running = await StartBlockedAsync(scheduler, release);
        var waiting = new GreedyTask(TinyEngine.Prompt(1, 5), 2)
        {
            QueueDeadline = DateTimeOffset.UtcNow.AddMilliseconds(1),
            Deadline = DateTimeOffset.UtcNow.AddMinutes(5),
        };
        var patient = new GreedyTask(TinyEngine.Prompt(2, 5), 2);
        foreach (var task in (GreedyTask[])[waiting, patient]) scheduler.Submit(task);
        await Task.Delay(20, TestContext.Current.CancellationToken);
        release.Set();
        await Assert.ThrowsAsync<GemmaOverloadedException>(() => waiting.Result);
        Assert.Equal((3, 2), ((await running.Result).Length, (await patient.Result).Length));
    }

    [Fact]
    public async Task Priority_HigherComesFirstAndWaitingRaisesIt()
    {
        using var release = new ManualResetEventSlim();
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { MaxConcurrentRequests = 1, PriorityAging = TimeSpan.FromMilliseconds(200) });
        var running = await StartBlockedAsync(scheduler, release);
        List<string> order = [];
        GreedyTask Task(string name, int priority) => new(TinyEngine.Prompt(name.Length, 5), 1) { Priority = priority, BeforeToken = _ => order.Add(name) };
        GreedyTask[] tasks = [Task("old", 0), Task("low", 0), Task("high", 1)];
        scheduler.Submit(tasks[0]);
        await System.Threading.Tasks.Task.Delay(450, TestContext.Current.CancellationToken);
        scheduler.Submit(tasks[1]);
        scheduler.Submit(tasks[2]);
        release.Set();
        await running.Result;
        foreach (var task in tasks) await task.Result;
        Assert.Equal(["old", "high", "low"], order);
    }

    [Fact]
    public async Task Submit_PromptAsLongAsTheContext_Throws()
    {
        await using var scheduler = TinyEngine.Start();
        Assert.Throws<GemmaContextLengthException>(() => scheduler.Submit(new GreedyTask(TinyEngine.Prompt(1, 256), 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.Submit(new GreedyTask([], 1)));
    }

    internal static async Task<GreedyTask> StartBlockedAsync(InferenceScheduler scheduler, ManualResetEventSlim release)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var task = new GreedyTask(TinyEngine.Prompt(99, 5), 3)
        {
            BeforeToken = count =>
            {
                if (count != 1) return;
                started.SetResult();
                release.Wait(TimeSpan.FromSeconds(30));
            },
        };
        scheduler.Submit(task);
        await started.Task;
        return task;
    }
}
