using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Raises the stop tokens' scores exponentially once the output has a length.</summary>
internal sealed class ExponentialDecayProcessor(LengthDecay decay, IReadOnlyList<int> stopIds, int promptLength) : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        var beyond = tokens.Length - promptLength - decay.Start;
        if (beyond <= 0) return;
        var factor = (float)(Math.Pow(decay.Factor, beyond) - 1);
        foreach (var id in stopIds)
        {
            // What another processor has excluded stays so.
            if ((uint)id < (uint)scores.Count && float.IsFinite(scores.Values[id])) scores.Values[id] += MathF.Abs(scores.Values[id]) * factor;
        }
    }
}
