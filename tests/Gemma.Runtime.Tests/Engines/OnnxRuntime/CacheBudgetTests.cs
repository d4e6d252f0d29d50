using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Tests.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime;

/// <summary>The key-value arena stays within its budget, and requests that do not fit at the same time run one after the other.</summary>
public sealed class CacheBudgetTests
{
    // Two layers, key and value, one head of 16 floats.
    private const long BytesPerToken = 2 * 2 * 16 * 4;

    [Fact]
    public void Run_GrowingSequences_GrowTheArenaByBucketsAndTrimShrinksIt()
    {
        using var engine = TinyEngine.Open();
        Assert.Equal(BytesPerToken, engine.Info.BytesPerToken);
        using var first = engine.CreateSequence();
        engine.Run([new EngineInput(first, TinyEngine.Prompt(1, 10))], TestContext.Current.CancellationToken);
        Assert.Equal(256 * BytesPerToken, engine.CacheBytes);
        var others = Enumerable.Range(0, 7).Select(_ => engine.CreateSequence()).ToArray();
        foreach (var other in others) engine.Run([new EngineInput(other, TinyEngine.Prompt(1, 10))], TestContext.Current.CancellationToken);
        Assert.Equal(8 * 256 * BytesPerToken, engine.CacheBytes);
        foreach (var other in others[..6]) other.Dispose();
        engine.Trim();
        Assert.Equal(2 * 256 * BytesPerToken, engine.CacheBytes);
        engine.Run([new EngineInput(first, new[] { 20 }), new EngineInput(others[6], new[] { 20 })], TestContext.Current.CancellationToken);
        Assert.Equal(first.Logits, others[6].Logits);
        others[6].Dispose();
        first.Dispose();
        engine.Trim();
        Assert.Equal(0, engine.CacheBytes);
    }

    [Fact]
    public void Run_BeyondTheBudget_ThrowsAndTheOthersGoOn()
    {
        using var engine = TinyEngine.Open(16, 256 * BytesPerToken);
        using var a = engine.CreateSequence();
        using var b = engine.CreateSequence();
        engine.Run([new EngineInput(a, TinyEngine.Prompt(1, 100))], TestContext.Current.CancellationToken);
        Assert.True(engine.CanHold(2, 128));
        Assert.False(engine.CanHold(2, 129));
        engine.Run([new EngineInput(b, TinyEngine.Prompt(1, 128))], TestContext.Current.CancellationToken);
        Assert.Throws<EngineException>(() => engine.Run([new EngineInput(b, new[] { 5 })], TestContext.Current.CancellationToken));
        Assert.Equal(128, b.Length);
        b.Truncate(100);
        engine.Run([new EngineInput(a, new[] { 7 }), new EngineInput(b, new[] { 7 })], TestContext.Current.CancellationToken);
        Assert.Equal(a.Logits, b.Logits);
    }

    [Fact]
    public void Open_SmallBudget_ShortensTheContextOrRefuses()
    {
        using var engine = TinyEngine.Open(16, 130 * BytesPerToken);
        Assert.Equal(128, engine.Info.ContextLength);
        Assert.Contains("budget", Assert.Throws<EngineException>(() => TinyEngine.Open(16, 63 * BytesPerToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_MoreThanTheBudgetHolds_WaitsAndGivesTheSame()
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { MaxConcurrentRequests = 8 }, budget: 300 * BytesPerToken);
        int[] lengths = [60, 150, 90, 180, 30, 120, 20, 200];
        var tasks = lengths.Select((length, i) => new GreedyTask(TinyEngine.Prompt(i, length), 40)).ToArray();
        foreach (var task in tasks) scheduler.Submit(task);
        for (var i = 0; i < tasks.Length; i++) Assert.Equal(TinyEngine.Solo(TinyEngine.Prompt(i, lengths[i]), 40), await tasks[i].Result);
    }
}
