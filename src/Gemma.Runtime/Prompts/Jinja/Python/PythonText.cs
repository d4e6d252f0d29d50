using System.Buffers;

namespace Gemma.Runtime.Prompts.Jinja.Python;

/// <summary>String functions with Python's meaning, which templates were written for.</summary>
internal static class PythonText
{
    // str.isspace(): .NET's white space and U+001C to U+001F.
    private static readonly SearchValues<char> WhiteSpace = SearchValues.Create(
        "\t\n\u000B\u000C\r\u001C\u001D\u001E\u001F "
            + "\u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000");

    /// <summary><c>str.strip()</c>.</summary>
    public static string Strip(string text)
    {
        var start = text.AsSpan().IndexOfAnyExcept(WhiteSpace);
        return start < 0 ? string.Empty : text[start..(text.AsSpan().LastIndexOfAnyExcept(WhiteSpace) + 1)];
    }

    /// <summary><c>str.lstrip()</c>.</summary>
    public static ReadOnlySpan<char> TrimStart(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(WhiteSpace) is >= 0 and var start ? text[start..] : [];

    /// <summary><c>str.rstrip()</c>.</summary>
    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text) => text[..(text.LastIndexOfAnyExcept(WhiteSpace) + 1)];

    /// <summary><c>str.isspace()</c> of one character.</summary>
    public static bool IsSpace(char character) => WhiteSpace.Contains(character);
}
