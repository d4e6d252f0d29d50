namespace Gemma.Runtime.Classification;

/// <summary>What a classifier says of a text's tokens.</summary>
/// <param name="Tokens">Every token, in order, the BOS included.</param>
/// <param name="IsTruncated">Whether the text was cut.</param>
public sealed record TokenClassificationResult(IReadOnlyList<TokenLabel> Tokens, bool IsTruncated);
