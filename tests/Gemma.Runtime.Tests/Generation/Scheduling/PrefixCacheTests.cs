using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Generation.Scheduling;

/// <summary>What one request computed serves every prompt that begins alike, also at the same time, and results stay those of a fresh run.</summary>
public sealed class PrefixCacheTests
{
    [Fact]
    public async Task Submit_SecondTurn_ComputesOnlyTheNewTokens()
    {
        await using var scheduler = TinyEngine.Start();
        var first = new GreedyTask(TinyEngine.Prompt(1, 100), 20);
        scheduler.Submit(first);
        int[] history = [.. TinyEngine.Prompt(1, 100), .. await first.Result, .. TinyEngine.Prompt(2, 10)];
        var before = scheduler.Statistics.PromptTokens;
        var second = new GreedyTask(history, 20);
        scheduler.Submit(second);
        Assert.Equal(TinyEngine.Solo(history, 20), await second.Result);

        // The last generated token was never run.
        Assert.Equal(119, second.CachedTokens);
        Assert.Equal(11, scheduler.Statistics.PromptTokens - before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Submit_SharedSystemPromptAtTheSameTime_IsComputedOnce(int cachedSequences)
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { PrefillChunk = 48, MaxCachedSequences = cachedSequences });
        var system = TinyEngine.Prompt(1, 120);
        var prompts = Enumerable.Range(0, 8).Select(i => (int[])[.. system, .. TinyEngine.Prompt(i + 10, 12)]).ToArray();
        var tasks = prompts.Select(prompt => new GreedyTask(prompt, 8)).ToArray();
        foreach (var task in tasks) scheduler.Submit(task);
        for (var i = 0; i < tasks.Length; i++) Assert.Equal(TinyEngine.Solo(prompts[i], 8), await tasks[i].Result);

        // All prompts go on alike with token 2.
        Assert.Equal(cachedSequences == 0 ? 8 * 132 : 121 + (8 * 11), scheduler.Statistics.PromptTokens);
    }

    [Fact]
    public async Task Submit_LeaderCancelled_FollowersGoOnWithWhatItComputed()
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { PrefillChunk = 16 });
        using var release = new ManualResetEventSlim();
        using var source = new CancellationTokenSource();
        var blocked = await InferenceSchedulerTests.StartBlockedAsync(scheduler, release);
        var system = TinyEngine.Prompt(1, 150);
        var leader = new GreedyTask([.. system, 30], 8, source.Token);
        int[] prompt = [.. system, 40, 41];
        var follower = new GreedyTask(prompt, 8);
        scheduler.Submit(leader);
        scheduler.Submit(follower);
        source.CancelAfter(1);
        release.Set();
        Assert.Equal(TinyEngine.Solo(prompt, 8), await follower.Result);
        await blocked.Result;
        await Task.WhenAny(leader.Result);
    }

    [Fact]
    public async Task Submit_MorePrefixesThanPlaces_DropsTheLeastRecentlyUsed()
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { MaxCachedSequences = 2, MaxConcurrentRequests = 1 });
        foreach (var seed in (int[])[1, 2, 1, 3])
        {
            var task = new GreedyTask([.. TinyEngine.Prompt(seed, 60), seed + 20], 1);
            scheduler.Submit(task);
            await task.Result;
        }

        Assert.Equal(61 - 2, await CachedAsync(scheduler, [.. TinyEngine.Prompt(1, 60), 21]));
        Assert.Equal(60, await CachedAsync(scheduler, [.. TinyEngine.Prompt(3, 60), 77, 78]));
        Assert.Equal(0, await CachedAsync(scheduler, [.. TinyEngine.Prompt(2, 60), 22]));
    }

    [Fact]
    public async Task Submit_AnswersComeBackInOtherTokens_EachChatKeepsItsPlace()
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { MaxCachedSequences = 2, MaxConcurrentRequests = 1 });
        List<int[]> histories = [];
        foreach (var seed in (int[])[1, 2])
        {
            var task = new GreedyTask(TinyEngine.Prompt(seed, 60), 8);
            scheduler.Submit(task);
            var answer = await task.Result;
            histories.Add([.. TinyEngine.Prompt(seed, 60), .. answer[..5], answer[5] == 30 ? 31 : 30, .. TinyEngine.Prompt(seed + 10, 10)]);
        }

        foreach (var history in histories) Assert.Equal(65, await CachedAsync(scheduler, history));
    }

    private static async Task<int> CachedAsync(InferenceScheduler scheduler, int[] prompt)
    {
        var task = new GreedyTask(prompt, 1);
        scheduler.Submit(task);
        Assert.Equal(TinyEngine.Solo(prompt, 1), await task.Result);
        return task.CachedTokens;
    }
}
