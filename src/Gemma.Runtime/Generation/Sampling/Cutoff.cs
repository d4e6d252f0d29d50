namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Drops the tokens below a probability, other than the best ones.</summary>
internal static class Cutoff
{
    /// <param name="scores">The candidates.</param>
    /// <param name="probabilities">Their probabilities; overwritten.</param>
    /// <param name="threshold">The least probability to keep.</param>
    /// <param name="kept">Scores from here on are kept in any case.</param>
    public static void Apply(TokenScores scores, Span<float> probabilities, float threshold, float kept)
    {
        var values = scores.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] >= kept) probabilities[i] = float.PositiveInfinity;
        }

        scores.KeepAtLeast(probabilities, threshold);
    }
}
