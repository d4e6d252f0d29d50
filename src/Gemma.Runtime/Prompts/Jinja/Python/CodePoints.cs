namespace Gemma.Runtime.Prompts.Jinja.Python;

/// <summary>Text counted as Python counts it: a surrogate pair is one character.</summary>
internal static class CodePoints
{
    /// <summary>Where each character begins.</summary>
    public static int[] Starts(string text)
    {
        List<int> starts = new(text.Length);
        for (var i = 0; i < text.Length; i += LengthAt(text, i)) starts.Add(i);
        return [.. starts];
    }

    /// <summary>The units of the character at a place.</summary>
    public static int LengthAt(ReadOnlySpan<char> text, int index) => index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]) ? 2 : 1;

    /// <summary>The order of texts by code points; .NET's ordinal order differs where surrogates meet U+E000 and above.</summary>
    public static int Compare(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        var i = left.AsSpan(0, length).CommonPrefixLength(right.AsSpan(0, length));
        if (i == length) return left.Length.CompareTo(right.Length);
        var (a, b) = (left[i], right[i]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }
}
