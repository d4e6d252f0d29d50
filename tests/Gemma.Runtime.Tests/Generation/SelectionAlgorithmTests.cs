using Gemma.Runtime.Generation.Sampling;

namespace Gemma.Runtime.Tests.Generation;

/// <summary>The ways around sorting a whole vocabulary give what sorting gives.</summary>
public sealed class SelectionAlgorithmTests
{
    public static TheoryData<int, int> Sizes => new() { { 1, 1 }, { 7, 3 }, { 5000, 50 }, { 5000, 256 }, { 5000, 257 }, { 5000, 4999 }, { 5000, 5000 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Find_RandomValuesWithTies_GivesTheSortedOnesKth(int count, int k)
    {
        foreach (var rounding in (int[])[0, 1, 6])
        {
            var values = Scores(count, seed: k, scale: 4, rounding);
            values[count / 2] = float.NegativeInfinity;
            var sorted = values.OrderDescending().ToArray();
            Assert.Equal(sorted[k - 1], KthLargest.Find(values, k));
        }
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.999)]
    [InlineData(0.0)]
    public void Process_TopPOfLargeVocabulary_KeepsWhatSortingKeeps(double mass)
    {
        foreach (var (scale, rounding) in ((double, int)[])[(0.1, 6), (2, 6), (2, 1), (8, 6), (0, 0)])
        {
            var values = Scores(20_000, seed: 3, scale, rounding);
            var scores = new TokenScores(values.Length);
            scores.Load(values);
            new TopPProcessor(mass).Process(scores, []);
            var expected = Nucleus(values, mass);

            // Sums in another order may differ in their last digits, and with them the last few of very flat tails.
            Assert.InRange(scores.Count, expected - Slack(expected), expected + Slack(expected));
            var best = values.OrderDescending().Take(scores.Count).ToArray();
            Assert.Equal(best, scores.Values.ToArray().OrderDescending());
        }
    }

    [Fact]
    public void KeepBest_Ties_KeepsLowestIdsInOrder()
    {
        var scores = new TokenScores(6);
        scores.Load([1, 3, 2, 3, 2, 2]);
        scores.KeepBest(4);
        Assert.Equal([3, 2, 3, 2], scores.Values.ToArray());
        Assert.Equal([1, 2, 3, 4], Enumerable.Range(0, 4).Select(scores.TokenAt));
    }

    private static int Slack(int count) => count / 500;

    private static int Nucleus(float[] values, double mass)
    {
        var max = (double)values.Max();
        var weights = values.Select(value => Math.Exp(value - max)).Order().ToArray();
        var (sum, total) = (0.0, weights.Sum());
        var dropped = weights.TakeWhile(weight => (sum += weight / total) <= 1 - mass).Count();
        return Math.Max(1, weights.Length - dropped);
    }

    private static float[] Scores(int count, int seed, double scale, int decimals)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count)
            .Select(_ => (float)Math.Round(scale * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5), decimals))];
    }
}
