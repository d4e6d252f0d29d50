using Gemma.Tokenization;

namespace Gemma.Runtime.Inputs;

/// <summary>Cuts token ids to a length as transformers' tokenizers do. Special tokens are added afterwards.</summary>
internal static class TextTruncation
{
    /// <summary>Keeps one side of a text.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="length">How many to keep at most.</param>
    /// <param name="side">Where to cut.</param>
    public static ReadOnlySpan<int> Cut(ReadOnlySpan<int> ids, int length, TokenizerSide side) =>
        ids.Length <= length ? ids : side == TokenizerSide.Right ? ids[..length] : ids[^length..];

    /// <summary>
    /// How much of each text of a pair stays: the longer one is cut first, until both are equally long ("longest_first"). Source: the tokenizers library,
    /// <c>truncate_encodings</c>.
    /// </summary>
    /// <param name="first">The first text's ids.</param>
    /// <param name="second">The second text's ids.</param>
    /// <param name="room">How many ids of both to keep.</param>
    public static (int First, int Second) Share(int first, int second, int room)
    {
        if (first + second <= room) return (first, second);
        var shorter = Math.Min(first, second);
        var longer = Math.Max(shorter, room - shorter);
        if (shorter > room) longer = shorter;
        if (shorter + longer > room) (shorter, longer) = (room / 2, (room / 2) + (room % 2));
        return first > second ? (longer, shorter) : (shorter, longer);
    }
}
