using System.Globalization;
using System.Text;

namespace Gemma.Tokenization;

/// <summary>
/// What touches an added token, in the terms of Rust's regular expressions, which the tokenizers library uses: <c>\s</c> is Unicode's White_Space, <c>\w</c>
/// letters, marks, digits, connectors and joiners.
/// </summary>
internal static class TextEdges
{
    /// <summary>Where the white space at the end of a text begins.</summary>
    /// <param name="text">The text.</param>
    /// <param name="spaceIsMark">Whether a space is U+2581 by now, which is no white space.</param>
    public static int SpacesAtEnd(ReadOnlySpan<char> text, bool spaceIsMark)
    {
        var start = text.Length;
        while (start > 0 && IsSpace(text[start - 1], spaceIsMark)) start--;
        return start;
    }

    /// <summary>How long the white space at the beginning of a text is.</summary>
    /// <param name="text">The text.</param>
    /// <param name="spaceIsMark">Whether a space is U+2581 by now, which is no white space.</param>
    public static int SpacesAtBegin(ReadOnlySpan<char> text, bool spaceIsMark)
    {
        var end = 0;
        while (end < text.Length && IsSpace(text[end], spaceIsMark)) end++;
        return end;
    }

    /// <summary>Whether a text ends with a character of a word.</summary>
    public static bool EndsWithWord(ReadOnlySpan<char> text)
    {
        _ = Rune.DecodeLastFromUtf16(text, out var rune, out _);
        return !text.IsEmpty && IsWord(rune);
    }

    /// <summary>Whether a text begins with a character of a word.</summary>
    public static bool BeginsWithWord(ReadOnlySpan<char> text)
    {
        _ = Rune.DecodeFromUtf16(text, out var rune, out _);
        return !text.IsEmpty && IsWord(rune);
    }

    private static bool IsSpace(char character, bool spaceIsMark) => char.IsWhiteSpace(character) && !(spaceIsMark && character == ' ');

    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber => true,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => true,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation => true,

        // Joiners, and the circled and squared letters, which Unicode calls alphabetic though they are symbols.
        UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
        UnicodeCategory.OtherSymbol =>
            rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => false,
    };
}
