namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Keeps the tokens with a probability that is lower where the distribution is flat.</summary>
/// <remarks>Source: Hewitt et al., "Truncation Sampling as Language Model Desmoothing", 2022.</remarks>
internal sealed class EtaCutoffProcessor(double epsilon, int minTokensToKeep = 1) : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (scores.Count <= minTokensToKeep) return;
        var kth = KthLargest.Find(scores.Values, minTokensToKeep);
        var probabilities = scores.Probabilities();
        var entropy = 0.0;
        foreach (var p in probabilities)
        {
            if (p > 0) entropy -= p * MathF.Log(p);
        }

        Cutoff.Apply(scores, probabilities, Math.Min((float)epsilon, (float)(Math.Sqrt(epsilon) * Math.Exp(-entropy))), kth);
    }
}
