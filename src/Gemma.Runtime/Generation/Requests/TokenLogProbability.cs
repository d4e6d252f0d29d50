namespace Gemma.Runtime.Generation;

/// <summary>A token and its probability.</summary>
/// <param name="Id">The token.</param>
/// <param name="LogProbability">The natural logarithm of the probability.</param>
public readonly record struct TokenLogProbability(int Id, float LogProbability);
