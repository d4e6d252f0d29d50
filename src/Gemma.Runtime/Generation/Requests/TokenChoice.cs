namespace Gemma.Runtime.Generation;

/// <summary>A generated token and what else could have been there, by the model's own probabilities, before any processor.</summary>
/// <param name="Id">The token.</param>
/// <param name="LogProbability">The natural logarithm of its probability.</param>
/// <param name="Alternatives">The most likely tokens, best first; the chosen one may be among them.</param>
public sealed record TokenChoice(int Id, float LogProbability, IReadOnlyList<TokenLogProbability> Alternatives)
{
    /// <summary>What the token was chosen by: its score after all processors, as in transformers' <c>scores</c>.</summary>
    public float Score { get; init; }
}
