using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Generation.Scheduling;

/// <summary>Guessing ahead changes the number of passes, never the result.</summary>
public sealed class SpeculationTests
{
    [Fact]
    public void Draft_EarlierMatch_ContinuesIt()
    {
        Span<int> draft = stackalloc int[3];
        Assert.Equal(3, PromptLookup.Draft([1, 2, 3, 4, 5, 6, 7, 9, 2, 3, 4], draft));
        Assert.Equal([5, 6, 7], draft.ToArray());
    }

    [Fact]
    public void Draft_TwoMatches_TakesTheLonger()
    {
        Span<int> draft = stackalloc int[2];
        Assert.Equal(2, PromptLookup.Draft([9, 1, 2, 3, 4, 5, 8, 1, 2, 3, 6, 7, 9, 1, 2, 3], draft));
        Assert.Equal([4, 5], draft.ToArray());
    }

    [Fact]
    public void Draft_Loop_RepeatsIt()
    {
        Span<int> draft = stackalloc int[5];
        Assert.Equal(5, PromptLookup.Draft([8, 1, 2, 1, 2, 1, 2], draft));
        Assert.Equal([1, 2, 1, 2, 1], draft.ToArray());
        Assert.Equal(0, PromptLookup.Draft([1, 2, 3, 4, 5], draft));
        Assert.Equal(0, PromptLookup.Draft([1, 2], draft));
    }

    [Fact]
    public async Task Submit_CopyingRequest_NeedsFewerPassesForTheSameTokens()
    {
        var prompt = TinyEngine.Prompt(1, 100);
        var (with, passesWith) = await CopyAsync(prompt, lookup: true);
        var (without, passesWithout) = await CopyAsync(prompt, lookup: false);
        Assert.Equal(without, with);
        Assert.True(passesWith * 1.8 < passesWithout, $"{passesWith} passes instead of {passesWithout}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Submit_GreedyWithLookup_EqualsRunsWithout(int seed)
    {
        // Random weights soon run in loops, so that guesses are right and wrong in turn.
        var prompt = TinyEngine.Prompt(seed, 60);
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { PromptLookup = true });
        var task = new GreedyTask(prompt, 190);
        scheduler.Submit(task);
        Assert.Equal(TinyEngine.Solo(prompt, 190), await task.Result);

        // What the cache keeps of it is sound too.
        int[] next = [.. prompt, .. (await task.Result)[..150]];
        var again = new GreedyTask(next, 30);
        scheduler.Submit(again);
        Assert.Equal(TinyEngine.Solo(next, 30), await again.Result);
        Assert.True(again.CachedTokens >= next.Length - 2, $"{again.CachedTokens} of {next.Length} cached");
    }

    private static async Task<(int[] Output, long Passes)> CopyAsync(int[] prompt, bool lookup)
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { PromptLookup = lookup });
        var task = new GreedyTask(prompt, 90) { Force = position => prompt[position + 2] };
        scheduler.Submit(task);
        return (await task.Result, scheduler.Statistics.Passes);
    }
}
