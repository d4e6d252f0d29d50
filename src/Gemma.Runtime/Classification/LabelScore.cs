namespace Gemma.Runtime.Classification;

/// <summary>A label and how well it fits.</summary>
/// <param name="Label">The label's name.</param>
/// <param name="Score">Probability, or the raw value of a regression.</param>
/// <param name="Logit">The head's output.</param>
public readonly record struct LabelScore(string Label, float Score, float Logit);
