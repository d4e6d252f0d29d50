namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Keeps the k best tokens, and those as good as the k-th.</summary>
internal sealed class TopKProcessor(int k, int minTokensToKeep = 1) : LogitsProcessor
{
    private readonly int _k = Math.Max(k, minTokensToKeep);

    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (_k < scores.Count) scores.KeepAtLeast(scores.Values, KthLargest.Find(scores.Values, _k));
    }
}
