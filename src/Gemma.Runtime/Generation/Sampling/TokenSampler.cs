namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Draws a candidate with its probability.</summary>
internal static class TokenSampler
{
    /// <summary>The index of the drawn candidate.</summary>
    /// <param name="scores">The candidates.</param>
    /// <param name="random">Gives one number per call.</param>
    public static int Draw(TokenScores scores, RandomSource random)
    {
        var best = scores.IndexOfBest();
        var probabilities = scores.Probabilities();
        var point = random.NextDouble();
        var sum = 0.0;
        var last = best;
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] <= 0) continue;
            sum += probabilities[i];
            last = i;
            if (point < sum) return i;
        }

        // The probabilities add up to 1 but for rounding.
        return last;
    }
}
