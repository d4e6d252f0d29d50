namespace Gemma.Runtime.Engines;

/// <summary>How an engine may choose the next token itself: from the best <paramref name="TopK"/> tokens, cut at a probability mass, at random.</summary>
/// <param name="Temperature">Divides the logits; above 0.</param>
/// <param name="TopK">How many of the best tokens take part, at least 1; 1 takes the best one.</param>
/// <param name="TopP">The probability mass that the fewest best of them must have together; 1 keeps all.</param>
internal sealed record SamplingParameters(double Temperature, int TopK, double TopP)
{
    /// <summary>The token with the greatest logit.</summary>
    public static SamplingParameters Greedy { get; } = new(1, 1, 1);
}
