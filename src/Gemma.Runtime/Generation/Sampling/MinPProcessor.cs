using System.Numerics.Tensors;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Keeps the tokens whose probability is at least a share of the best one's.</summary>
internal sealed class MinPProcessor(double share, int minTokensToKeep = 1) : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (scores.Count <= minTokensToKeep) return;
        var kth = KthLargest.Find(scores.Values, minTokensToKeep);
        var probabilities = scores.Probabilities();
        var threshold = (float)share * TensorPrimitives.Max<float>(probabilities);
        Cutoff.Apply(scores, probabilities, threshold, kth);
    }
}
