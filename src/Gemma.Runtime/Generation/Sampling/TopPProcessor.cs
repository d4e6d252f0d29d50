namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Keeps the fewest best tokens that have a probability mass together.</summary>
/// <remarks>Source: Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020.</remarks>
internal sealed class TopPProcessor(double mass, int minTokensToKeep = 1) : LogitsProcessor
{
    private const int SortLimit = 2048;

    // What the dropped tokens may have together, the next one included.
    private readonly float _rest = (float)(1 - mass);

    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (scores.Count <= minTokensToKeep) return;
        var dropped = scores.Count <= SortLimit ? CountBySorting(scores) : ProbabilityTail.CountWithin(scores.Values, scores.Probabilities(), _rest);
        scores.KeepBest(Math.Max(minTokensToKeep, scores.Count - dropped));
    }

    private int CountBySorting(TokenScores scores)
    {
        var sorted = scores.Probabilities();
        sorted.Sort();
        return ProbabilityTail.Count(sorted, _rest, 0);
    }
}
