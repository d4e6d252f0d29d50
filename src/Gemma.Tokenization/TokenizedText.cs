namespace Gemma.Tokenization;

/// <summary>A text, or a pair of texts, as tokens.</summary>
/// <param name="Ids">The ids, shape [tokens].</param>
/// <param name="Pieces">Each id's piece as tokenizer.json writes it: U+2581 for a space.</param>
/// <param name="Offsets">Where each id's characters are, in UTF-16 units, end exclusive. BOS and EOS have (0, 0); those of the second text count from its
/// begin. All byte pieces of a character have the whole character's.</param>
/// <param name="TypeIds">0 for the first text, 1 for the second.</param>
/// <param name="SpecialTokensMask">1 for an added BOS or EOS, otherwise 0.</param>
public sealed record TokenizedText(
    IReadOnlyList<int> Ids, IReadOnlyList<string> Pieces, IReadOnlyList<(int Start, int End)> Offsets, IReadOnlyList<int> TypeIds,
    IReadOnlyList<int> SpecialTokensMask);
