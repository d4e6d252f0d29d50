namespace Gemma.Runtime.Classification;

/// <summary>What a classifier says of a token.</summary>
/// <param name="TokenId">The token.</param>
/// <param name="Piece">The token's text as in the vocabulary, or null for a package without tokenizer.</param>
/// <param name="Result">The labels' scores.</param>
public sealed record TokenLabel(int TokenId, string? Piece, ClassificationResult Result);
