using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Gemma.Runtime.Prompts.Jinja.Python;

/// <summary>Upper, lower and title case as Python has them: full mappings, where one letter may become several.</summary>
internal static class PythonCase
{
    private static readonly (char Letter, string Upper)[] Accented =
    [
        ('\u0149', "\u02BCN"), ('\u0390', "\u0399\u0308\u0301"), ('\u03B0', "\u03A5\u0308\u0301"), ('\u01F0', "J\u030C"), ('\u1E96', "H\u0331"),
        ('\u1E97', "T\u0308"), ('\u1E98', "W\u030A"), ('\u1E99', "Y\u030A"),
        ('\u1E9A', "A\u02BE"), ('\u1F50', "\u03A5\u0313"), ('\u1F52', "\u03A5\u0313\u0300"), ('\u1F54', "\u03A5\u0313\u0301"), ('\u1F56', "\u03A5\u0313\u0342"),
        ('\u1FB6', "\u0391\u0342"), ('\u1FC6', "\u0397\u0342"),
        ('\u1FD2', "\u0399\u0308\u0300"), ('\u1FD3', "\u0399\u0308\u0301"), ('\u1FD6', "\u0399\u0342"), ('\u1FD7', "\u0399\u0308\u0342"),
        ('\u1FE2', "\u03A5\u0308\u0300"), ('\u1FE3', "\u03A5\u0308\u0301"),
        ('\u1FE4', "\u03A1\u0313"), ('\u1FE6', "\u03A5\u0342"), ('\u1FE7', "\u03A5\u0308\u0342"), ('\u1FF6', "\u03A9\u0342"),
    ];

    // SpecialCasing.txt: letters whose upper case is more than one letter, and their title case where it is another.
    private static readonly FrozenDictionary<char, (string Upper, string Title)> Special = Table().ToFrozenDictionary();

    public static ReadOnlySpan<char> Upper(ReadOnlySpan<char> text, int index, int length, Span<char> buffer)
    {
        if (length == 1 && text[index] < 128) return Ascii(char.ToUpperInvariant(text[index]), buffer);
        return length == 1 && Special.TryGetValue(text[index], out var special) ? special.Upper : Simple(text, index, Rune.ToUpperInvariant, buffer);
    }

    public static ReadOnlySpan<char> Title(ReadOnlySpan<char> text, int index, int length, Span<char> buffer)
    {
        if (length == 1 && text[index] < 128) return Ascii(char.ToUpperInvariant(text[index]), buffer);
        if (length != 1) return Simple(text, index, Rune.ToUpperInvariant, buffer);
        if (Special.TryGetValue(text[index], out var special)) return special.Title;

        // Letters of two have a title case of their own; Georgian ones have none.
        return text[index] switch
        {
            '\u01C4' or '\u01C5' or '\u01C6' => "\u01C5",
            '\u01C7' or '\u01C8' or '\u01C9' => "\u01C8",
            '\u01CA' or '\u01CB' or '\u01CC' => "\u01CB",
            '\u01F1' or '\u01F2' or '\u01F3' => "\u01F2",
            >= '\u10D0' and <= '\u10FF' => text.Slice(index, 1),
            _ => Simple(text, index, Rune.ToUpperInvariant, buffer),
        };
    }

    public static ReadOnlySpan<char> Lower(ReadOnlySpan<char> text, int index, int length, Span<char> buffer)
    {
        if (length == 1 && text[index] < 128) return Ascii(char.ToLowerInvariant(text[index]), buffer);
        return text[index] switch
        {
            '\u0130' => "i\u0307",
            '\u03A3' => IsFinalSigma(text, index) ? "\u03C2" : "\u03C3",
            _ => Simple(text, index, Rune.ToLowerInvariant, buffer),
        };
    }

    /// <summary>Upper case becomes lower and lower upper.</summary>
    public static ReadOnlySpan<char> Swap(ReadOnlySpan<char> text, int index, int length, Span<char> buffer)
    {
        if (IsUpper(text, index)) return Lower(text, index, length, buffer);
        return IsLower(text, index) ? Upper(text, index, length, buffer) : text.Slice(index, length);
    }

    /// <summary>For comparisons without case.</summary>
    public static string Fold(string text)
    {
        var result = new StringBuilder(text.Length);
        Span<char> buffer = stackalloc char[4];
        for (var i = 0; i < text.Length; i++)
        {
            var length = CodePoints.LengthAt(text, i);
            if (length == 1 && Special.TryGetValue(text[i], out var special)) result.Append(special.Upper.ToLowerInvariant());
            else if (text[i] is '\u03A3' or '\u03C2') result.Append('\u03C3');
            else result.Append(Lower(text, i, length, buffer));
            i += length - 1;
        }

        return result.ToString();
    }

    public static string Lower(string text)
    {
        var result = new StringBuilder(text.Length);
        Span<char> buffer = stackalloc char[4];
        for (var i = 0; i < text.Length; i++)
        {
            var length = CodePoints.LengthAt(text, i);
            result.Append(Lower(text, i, length, buffer));
            i += length - 1;
        }

        return result.ToString();
    }

    /// <summary>Whether a letter has a case, as words begin and end with.</summary>
    public static bool IsCased(ReadOnlySpan<char> text, int index) =>
        IsUpper(text, index) || IsLower(text, index) || Category(text, index) == UnicodeCategory.TitlecaseLetter;

    public static bool IsUpper(ReadOnlySpan<char> text, int index) =>
        Category(text, index) == UnicodeCategory.UppercaseLetter || text[index] is >= '\u2160' and <= '\u216F' or >= '\u24B6' and <= '\u24CF';

    // Other_Lowercase: ordinal indicators, modifier letters, small Roman numerals and circled letters.
    public static bool IsLower(ReadOnlySpan<char> text, int index) => Category(text, index) == UnicodeCategory.LowercaseLetter
        || text[index] is '\u00AA' or '\u00BA' or >= '\u02B0' and <= '\u02B8' or '\u02C0' or '\u02C1' or >= '\u02E0' and <= '\u02E4' or >= '\u2170'
            and <= '\u217F' or >= '\u24D0' and <= '\u24E9';

    public static UnicodeCategory Category(ReadOnlySpan<char> text, int index) =>
        Rune.DecodeFromUtf16(text[index..], out var rune, out _) == System.Buffers.OperationStatus.Done
            ? Rune.GetUnicodeCategory(rune)
            : UnicodeCategory.Surrogate;

    private static ReadOnlySpan<char> Ascii(char character, Span<char> buffer)
    {
        buffer[0] = character;
        return buffer[..1];
    }

    private static ReadOnlySpan<char> Simple(ReadOnlySpan<char> text, int index, Func<Rune, Rune> map, Span<char> buffer)
    {
        if (Rune.DecodeFromUtf16(text[index..], out var rune, out var length) != System.Buffers.OperationStatus.Done)
            return text.Slice(index, Math.Max(length, 1));
        return buffer[..map(rune).EncodeToUtf16(buffer)];
    }

    // A sigma ends a word if a letter stands before it and none after it; marks between do not count.
    private static bool IsFinalSigma(ReadOnlySpan<char> text, int index)
    {
        var before = index - 1;
        while (before >= 0 && IsIgnorable(text[before])) before--;
        if (before < 0 || !IsCased(text, before > 0 && char.IsLowSurrogate(text[before]) ? before - 1 : before)) return false;
        var after = index + 1;
        while (after < text.Length && IsIgnorable(text[after])) after++;
        return after >= text.Length || !IsCased(text, after);
    }

    private static bool IsIgnorable(char character) =>
        character is '\'' or '.' or ':' or '^' or '`' or '\u00A8' or '\u00AD' or '\u00AF' or '\u00B4' or '\u00B7' or '\u00B8' or '\u2019'
        || char.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;

    private static IEnumerable<KeyValuePair<char, (string Upper, string Title)>> Table()
    {
        yield return new('\u00DF', ("SS", "Ss"));
        yield return new('\uFB00', ("FF", "Ff"));
        yield return new('\uFB01', ("FI", "Fi"));
        yield return new('\uFB02', ("FL", "Fl"));
        yield return new('\uFB03', ("FFI", "Ffi"));
        yield return new('\uFB04', ("FFL", "Ffl"));
        yield return new('\uFB05', ("ST", "St"));
        yield return new('\uFB06', ("ST", "St"));
        yield return new('\u0587', ("\u0535\u0552", "\u0535\u0582"));
        yield return new('\uFB13', ("\u0544\u0546", "\u0544\u0576"));
        yield return new('\uFB14', ("\u0544\u0535", "\u0544\u0565"));
        yield return new('\uFB15', ("\u0544\u053B", "\u0544\u056B"));
        yield return new('\uFB16', ("\u054E\u0546", "\u054E\u0576"));
        yield return new('\uFB17', ("\u0544\u053D", "\u0544\u056D"));
        foreach (var (letter, upper) in Accented) yield return new(letter, (upper, upper));

        // Greek with iota below: the iota becomes a letter of its own, in title case it stays below.
        for (var i = 0; i < 8; i++)
        {
            foreach (var (first, capitals) in ((char, char)[])[('\u1F80', '\u1F08'), ('\u1F90', '\u1F28'), ('\u1FA0', '\u1F68')])
            {
                var upper = new string([(char)(capitals + i), '\u0399']);
                yield return new((char)(first + i), (upper, ((char)(first + i + 8)).ToString()));
                yield return new((char)(first + i + 8), (upper, ((char)(first + i + 8)).ToString()));
            }
        }

        foreach (var (small, capital, upper) in ((char, char, char)[])[('\u1FB3', '\u1FBC', '\u0391'), ('\u1FC3', '\u1FCC', '\u0397'),
            ('\u1FF3', '\u1FFC', '\u03A9')])
        {
            yield return new(small, (new string([upper, '\u0399']), capital.ToString()));
            yield return new(capital, (new string([upper, '\u0399']), capital.ToString()));
        }

        foreach (var (letter, upper) in ((char, string)[])[('\u1FB2', "\u1FBA"), ('\u1FB4', "\u0386"), ('\u1FC2', "\u1FCA"), ('\u1FC4', "\u0389"),
            ('\u1FF2', "\u1FFA"),
                ('\u1FF4', "\u038F"), ('\u1FB7', "\u0391\u0342"), ('\u1FC7', "\u0397\u0342"), ('\u1FF7', "\u03A9\u0342")])
            yield return new(letter, (upper + "\u0399", upper + "\u0345"));
    }
}
