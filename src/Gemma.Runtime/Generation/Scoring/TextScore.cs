namespace Gemma.Runtime.Generation.Scoring;

/// <summary>How likely a model finds a text.</summary>
/// <param name="Ids">The text's tokens.</param>
/// <param name="LogProbabilities">For every token the natural logarithm of its probability after the tokens before it; null for the first one.</param>
/// <param name="LastTop">The best tokens after the text by raw logit, best first.</param>
public sealed record TextScore(IReadOnlyList<int> Ids, IReadOnlyList<float?> LogProbabilities, IReadOnlyList<TokenLogit> LastTop)
{
    /// <summary>For every token the most likely ones at its place, best first, and none for the first token.</summary>
    /// <value>Default empty: <see cref="ScoringRequest.Alternatives"/> did not ask for them, or the text is one token.</value>
    public IReadOnlyList<IReadOnlyList<TokenLogProbability>> Alternatives { get; init; } = [];

    /// <summary>The mean log-probability of the tokens after the first one; null for a text of one token.</summary>
    public double? MeanLogProbability => LogProbabilities.Count > 1 ? LogProbabilities.Skip(1).Average(value => (double)value!.Value) : null;

    /// <summary>
    /// The exponential of the negative <see cref="MeanLogProbability"/>: 1 for a text that the model is certain of; null for a text of one token.
    /// </summary>
    public double? Perplexity => MeanLogProbability is { } mean ? Math.Exp(-mean) : null;
}
