namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Keeps the tokens with a probability.</summary>
/// <remarks>Source: Hewitt et al., "Truncation Sampling as Language Model Desmoothing", 2022.</remarks>
internal sealed class EpsilonCutoffProcessor(double epsilon, int minTokensToKeep = 1) : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (scores.Count <= minTokensToKeep) return;
        var kth = KthLargest.Find(scores.Values, minTokensToKeep);
        Cutoff.Apply(scores, scores.Probabilities(), (float)epsilon, kth);
    }
}
