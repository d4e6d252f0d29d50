namespace Gemma.Runtime.Models;

/// <summary>Makes stop tokens ever more likely: transformers' <c>exponential_decay_length_penalty</c>.</summary>
/// <param name="Start">New tokens after which it begins.</param>
/// <param name="Factor">Growth per further token.</param>
public sealed record LengthDecay(int Start, double Factor);
