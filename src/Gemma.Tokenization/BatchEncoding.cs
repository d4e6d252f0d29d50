namespace Gemma.Tokenization;

/// <summary>A batch of sequences, one array per sequence; all arrays of a sequence have one length.</summary>
/// <param name="InputIds">The ids.</param>
/// <param name="AttentionMask">1 for tokens, 0 for padding.</param>
/// <param name="SpecialTokensMask">1 for BOS, EOS and padding, 0 for text.</param>
/// <param name="TokenTypeIds">0 for the first text and padding, 1 for the second.</param>
/// <param name="SampleIndices">The text that each sequence comes from; more sequences than texts only with overflow.</param>
public sealed record BatchEncoding(
    IReadOnlyList<int[]> InputIds, IReadOnlyList<int[]> AttentionMask, IReadOnlyList<int[]> SpecialTokensMask, IReadOnlyList<int[]> TokenTypeIds,
    IReadOnlyList<int> SampleIndices);
