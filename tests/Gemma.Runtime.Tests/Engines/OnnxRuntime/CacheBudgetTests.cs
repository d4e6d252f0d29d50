using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Tests.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime;

/// <summary>The key-value arena stays within its budget, and requests that do not fit at the same time run one after the other.</summary>
public sealed class CacheBudgetTests
{
    // Two layers, key and value, one head of 16 floats.
    private const long BytesPerToken = 2 * 2 * 16 * 4;

    [Theory]
    [InlineData(false, 256)]
    [InlineData(true, 64)]
    public void Run_GrowingSequences_GrowTheArenaByBucketsAndTrimShrinksIt(bool sparse, int counted)
    {
        using var engine = TinyEngine.Open(sparse: sparse);
        Assert.Equal(BytesPerToken, engine.Info.BytesPerToken);
        using var first = engine.CreateSequence();
        engine.Run([new EngineInput(first, TinyEngine.Prompt(1, 10))], TestContext.Current.CancellationToken);
        Assert.Equal(counted * BytesPerToken, engine.CacheBytes);
        var others = Enumerable.Range(0, 7).Select(_ => engine.CreateSequence()).ToArray();
        foreach (var other in others) engine.Run([new EngineInput(other, TinyEngine.Prompt(1, 10))], TestContext.Current.CancellationToken);
        Assert.Equal(8 * counted * BytesPerToken, engine.CacheBytes);
        foreach (var other in others[..6]) other.Dispose();
        engine.Trim();
        Assert.Equal(2 * counted * BytesPerToken, engine.CacheBytes);
        engine.Run([new EngineInput(first, new[] { 20 }), new EngineInput(others[6], new[] { 20 })], TestContext.Current.CancellationToken);
        Assert.Equal(first.Logits, others[6].Logits);
        others[6].Dispose();
        first.Dispose();
        engine.Trim();
        Assert.Equal(0, engine.CacheBytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_BeyondTheBudget_ThrowsAndTheOthersGoOn(bool sparse)
    {
        using var engine = TinyEngine.Open(16, 256 * BytesPerToken, sparse);
        using var a = engine.CreateSequence();
        using var b = engine.CreateSequence();
        engine.Run([new EngineInput(a, TinyEngine.Prompt(1, 100))], TestContext.Current.CancellationToken);
        Assert.True(engine.CanHold(engine.DemandOf(128) * 2));
        Assert.False(engine.CanHold(engine.DemandOf(129) * 2));
        engine.Run([new EngineInput(b, TinyEngine.Prompt(1, 128))], TestContext.Current.CancellationToken);
        Assert.Throws<EngineException>(() => engine.Run([new EngineInput(b, new[] { 5 })], TestContext.Current.CancellationToken));
        Assert.Equal(128, b.Length);
        b.Truncate(100);
        engine.Run([new EngineInput(a, new[] { 7 }), new EngineInput(b, new[] { 7 })], TestContext.Current.CancellationToken);
        Assert.Equal(a.Logits, b.Logits);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CanHold_ShortBesideLong_EachTakesItsOwnWhereMemoryIsSparse(bool sparse)
    {
        using var engine = TinyEngine.Open(16, 384 * BytesPerToken, sparse);
        var demand = engine.DemandOf(250) + (engine.DemandOf(60) * 2);
        Assert.Equal((3, 384 * BytesPerToken, 250), (demand.Sequences, demand.Bytes, demand.Longest));
        Assert.Equal(sparse, engine.CanHold(demand));
        Assert.False(engine.CanHold(demand + engine.DemandOf(1)));
    }

    [Fact]
    public void Run_ShortSequencesBesideALongOne_StayWithinTheBudgetAndGiveTheSame()
    {
        using var engine = TinyEngine.Open(16, 384 * BytesPerToken, sparse: true);
        using var alone = TinyEngine.Open();
        using var lengthy = engine.CreateSequence();
        using var expected = alone.CreateSequence();
        engine.Run([new EngineInput(lengthy, TinyEngine.Prompt(1, 250))], TestContext.Current.CancellationToken);
        alone.Run([new EngineInput(expected, TinyEngine.Prompt(1, 250))], TestContext.Current.CancellationToken);

        // Each leaves its rows in its slot, which is more than fits, and the long one has to go from slot to slot.
        for (var round = 0; round < 12; round++)
        {
            using var a = engine.CreateSequence();
            using var b = engine.CreateSequence();
            var (left, right) = (TinyEngine.Prompt(10 + round, 60), TinyEngine.Prompt(40 + round, 3 + (round * 5)));
            engine.Run([new EngineInput(a, left)], TestContext.Current.CancellationToken);
            engine.Run([new EngineInput(b, right)], TestContext.Current.CancellationToken);
            Assert.InRange(engine.CacheBytes, 1, 384 * BytesPerToken);
            EngineInput[] pair = round % 2 == 0
                ? [new EngineInput(a, new[] { 7 }), new EngineInput(b, new[] { 9 })]
                : [new EngineInput(b, new[] { 9 }), new EngineInput(lengthy, new[] { 9 })];
            engine.Run(pair, TestContext.Current.CancellationToken);
            Assert.InRange(engine.CacheBytes, 1, 384 * BytesPerToken);
            if (round % 2 == 0)
            {
                Assert.Equal(Last([.. left, 7]), a.Logits);
                Assert.Equal(Last([.. right, 9]), b.Logits);
                continue;
            }

            lengthy.Truncate(250);
            engine.Run([new EngineInput(lengthy, new[] { 11 })], TestContext.Current.CancellationToken);
            alone.Run([new EngineInput(expected, new[] { 11 })], TestContext.Current.CancellationToken);
            Assert.Equal(expected.Logits, lengthy.Logits);
            lengthy.Truncate(250);
            expected.Truncate(250);
        }

        float[] Last(int[] tokens)
        {
            using var sequence = alone.CreateSequence();
            alone.Run([new EngineInput(sequence, tokens.AsMemory(0, tokens.Length - 1))], TestContext.Current.CancellationToken);
            alone.Run([new EngineInput(sequence, tokens.AsMemory(tokens.Length - 1))], TestContext.Current.CancellationToken);
            return sequence.Logits.ToArray();
        }
    }

    [Theory]
    [InlineData(320, 250, 20)]
    [InlineData(600, 250, 20, 250)]
    [InlineData(560, 250, 20, 100, 20)]
    [InlineData(640, 20, 250, 20, 20)]
    public void Run_PromptsThatDoNotFitPadded_RunApart(int budget, params int[] lengths)
    {
        using var engine = TinyEngine.Open(16, budget * BytesPerToken, sparse: true);
        using var roomy = TinyEngine.Open();
        var left = lengths.Select((length, i) => new EngineInput(engine.CreateSequence(), TinyEngine.Prompt(i, length))).ToArray();
        var right = lengths.Select((length, i) => new EngineInput(roomy.CreateSequence(), TinyEngine.Prompt(i, length))).ToArray();
        engine.Run(left, TestContext.Current.CancellationToken);
        roomy.Run(right, TestContext.Current.CancellationToken);
        for (var i = 0; i < lengths.Length; i++) Assert.Equal(right[i].Sequence.Logits, left[i].Sequence.Logits);
        Assert.InRange(engine.CacheBytes, 1, budget * BytesPerToken);
    }

    [Fact]
    public void Open_SmallBudget_ShortensTheContextOrRefuses()
    {
        using var engine = TinyEngine.Open(16, 130 * BytesPerToken);
        Assert.Equal(128, engine.Info.ContextLength);
        Assert.True(engine.CanHold(engine.DemandOf(int.MaxValue)));
        Assert.Contains("budget", Assert.Throws<EngineException>(() => TinyEngine.Open(16, 63 * BytesPerToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_MoreAddressesThanThereAre_ReservesFewer()
    {
        // 14 petabytes, all at full length.
        using var engine = TinyEngine.Open(100_000, context: int.MaxValue, sparse: true);
        using var ordinary = TinyEngine.Open();
        using var a = engine.CreateSequence();
        using var b = engine.CreateSequence();
        using var expected = ordinary.CreateSequence();
        engine.Run([new EngineInput(a, TinyEngine.Prompt(1, 100))], TestContext.Current.CancellationToken);
        engine.Run([new EngineInput(b, TinyEngine.Prompt(1, 100))], TestContext.Current.CancellationToken);
        ordinary.Run([new EngineInput(expected, TinyEngine.Prompt(1, 100))], TestContext.Current.CancellationToken);
        Assert.Equal(expected.Logits, b.Logits);
        Assert.Equal(2 * 128 * BytesPerToken, engine.CacheBytes);
    }

    [Theory]
    [InlineData(false, 85, 110)]
    [InlineData(true, 45, 84)]
    public async Task Submit_ShortBesideLong_SharesItsPassesWhereMemoryIsSparse(bool sparse, int fewest, int most)
    {
        await using var scheduler = TinyEngine.Start(budget: 320 * BytesPerToken, sparse: sparse);
        var lengthy = new GreedyTask(TinyEngine.Prompt(1, 200), 50);
        var brief = new GreedyTask(TinyEngine.Prompt(2, 20), 40);
        scheduler.Submit(lengthy);
        scheduler.Submit(brief);
        Assert.Equal(TinyEngine.Solo(TinyEngine.Prompt(1, 200), 50), await lengthy.Result);
        Assert.Equal(TinyEngine.Solo(TinyEngine.Prompt(2, 20), 40), await brief.Result);
        Assert.InRange(scheduler.Statistics.Passes, fewest, most);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Submit_MoreThanTheBudgetHolds_WaitsAndGivesTheSame(bool sparse)
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { MaxConcurrentRequests = 8 }, budget: 300 * BytesPerToken, sparse: sparse);
        int[] lengths = [60, 150, 90, 180, 30, 120, 20, 200];
        var tasks = lengths.Select((length, i) => new GreedyTask(TinyEngine.Prompt(i, length), 40)).ToArray();
        foreach (var task in tasks) scheduler.Submit(task);
        for (var i = 0; i < tasks.Length; i++) Assert.Equal(TinyEngine.Solo(TinyEngine.Prompt(i, lengths[i]), 40), await tasks[i].Result);
    }
}
