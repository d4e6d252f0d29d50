namespace Gemma.Runtime.Classification;

/// <summary>Cuts token ids to a length as transformers' tokenizers do.</summary>
internal static class TextTruncation
{
    /// <summary>Cuts one text.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="special">How many ids in front are no text and stay.</param>
    /// <param name="maxLength">The most ids to keep.</param>
    /// <param name="side">Where to cut.</param>
    public static int[] Cut(int[] ids, int special, int maxLength, TruncationSide side)
    {
        if (ids.Length <= maxLength) return ids;
        if (side == TruncationSide.Right) return ids[..maxLength];
        special = Math.Min(special, maxLength);
        return [.. ids[..special], .. ids[^(maxLength - special)..]];
    }

    /// <summary>Cuts a pair: the longer text first, until both are equally long ("longest_first"). Source: the tokenizers library, <c>truncate_encodings</c>.</summary>
    /// <param name="first">The first text's ids.</param>
    /// <param name="second">The second text's ids.</param>
    /// <param name="special">How many ids in front of each are no text and stay.</param>
    /// <param name="maxLength">The most ids of both to keep.</param>
    /// <param name="side">Where to cut.</param>
    public static (int[] First, int[] Second) CutPair(int[] first, int[] second, int special, int maxLength, TruncationSide side)
    {
        if (first.Length + second.Length <= maxLength) return (first, second);
        var room = Math.Max(0, maxLength - (2 * special));
        var (shorter, longer) = (Math.Min(first.Length, second.Length) - special, 0);
        if (shorter <= room / 2) longer = room - shorter;
        else (shorter, longer) = (room / 2, room - (room / 2));
        var (keepFirst, keepSecond) = first.Length > second.Length ? (longer, shorter) : (shorter, longer);
        return (Cut(first, special, special + keepFirst, side), Cut(second, special, special + keepSecond, side));
    }
}
