using System.Buffers;

namespace Gemma.Tokenization.BytePairs;

/// <summary>The names by which Gemma's control tokens are known, whatever the flags in a file say.</summary>
internal static class ControlTokens
{
    public const string StartOfTurn = "<start_of_turn>";
    public const string EndOfTurn = "<end_of_turn>";
    public const string StartOfImage = "<start_of_image>";
    public const string EndOfImage = "<end_of_image>";
    public const string ImageSoftToken = "<image_soft_token>";

    /// <summary>What may end a reply: a turn's end, and where Gemma 4 waits for the results of its calls.</summary>
    public static readonly string[] ReplyEnds = [EndOfTurn, "<turn|>", "<|tool_response>"];

    private static readonly SearchValues<char> BarredLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz_\"");

    /// <summary>Whether a user-defined piece of a tokenizer.model becomes a special token.</summary>
    public static bool IsSpecialByName(string piece) => piece is StartOfTurn or EndOfTurn or StartOfImage or EndOfImage or ImageSoftToken;

    /// <summary>
    /// Whether a piece has a meaning of its own that no text of a user may have: turns, images, and the slots that derived models give new meanings.
    /// </summary>
    public static bool IsReserved(string piece) => IsSpecialByName(piece)
        || piece is "<pad>" or "<eos>" or "<bos>" or "<unk>" or "<mask>" or "<2mass>" or "[@BOS@]" or "[multimodal]" or "[toxicity=0]"
        || IsBarred(piece)
        || (piece.StartsWith("<unused", StringComparison.Ordinal) && piece.EndsWith('>') && piece.AsSpan(7..^1).IndexOfAnyExceptInRange('0', '9') < 0);

    /// <summary>
    /// Whether a piece is one of Gemma 4's: &lt;|turn&gt;, &lt;turn|&gt;, &lt;|tool_call&gt;, &lt;|"|&gt; and their like. No vocabulary has such a piece for
    /// anything else.
    /// </summary>
    public static bool IsBarred(string piece) => piece.Length > 3 && piece[0] == '<' && piece[^1] == '>' && (piece[1] == '|' || piece[^2] == '|')
        && piece.AsSpan(1..^1).Trim('|') is { IsEmpty: false } name && name.IndexOfAnyExcept(BarredLetters) < 0;
}
