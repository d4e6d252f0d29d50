namespace Gemma.Runtime.Models;

/// <summary>A number added to the score of a token sequence's last token wherever the tokens before it match.</summary>
/// <param name="TokenIds">The sequence, at least one token.</param>
/// <param name="Bias">What is added; negative makes the sequence less likely.</param>
public sealed record SequenceBias(IReadOnlyList<int> TokenIds, double Bias);
