namespace Gemma.Runtime.Generation;

/// <summary>A token and the model's raw score of it.</summary>
/// <param name="Id">The token.</param>
/// <param name="Logit">The score, before any softmax.</param>
public readonly record struct TokenLogit(int Id, float Logit);
