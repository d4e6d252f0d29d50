namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Replaces what is no number by 0, and infinities by the greatest numbers.</summary>
internal sealed class InvalidValuesProcessor : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        foreach (ref var value in scores.Values) value = float.IsNaN(value) ? 0 : Math.Clamp(value, float.MinValue, float.MaxValue);
    }
}
