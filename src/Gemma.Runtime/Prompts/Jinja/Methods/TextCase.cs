using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Methods;

/// <summary>Changes of case that look at a character's place.</summary>
internal static class TextCase
{
    /// <summary>The first character in title case, the others in lower case.</summary>
    public static ReadOnlySpan<char> Capitalize(ReadOnlySpan<char> text, int index, int length, Span<char> buffer) =>
        index == 0 ? PythonCase.Title(text, index, length, buffer) : PythonCase.Lower(text, index, length, buffer);

    /// <summary>Title case after every character that is no letter.</summary>
    public static ReadOnlySpan<char> Title(ReadOnlySpan<char> text, int index, int length, Span<char> buffer)
    {
        var before = index > 1 && char.IsLowSurrogate(text[index - 1]) ? index - 2 : index - 1;
        return before >= 0 && PythonCase.IsCased(text, before) ? PythonCase.Lower(text, index, length, buffer) : PythonCase.Title(text, index, length, buffer);
    }
}
