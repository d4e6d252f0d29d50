using System.Runtime.InteropServices;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>The characters of a reply that are not decided yet.</summary>
internal sealed class ScanBuffer
{
    private readonly List<char> _text = [];

    /// <summary>How many characters are held.</summary>
    public int Length => _text.Count;

    /// <summary>A character.</summary>
    public char this[int index] => _text[index];

    /// <summary>Adds a character.</summary>
    public void Add(char next) => _text.Add(next);

    /// <summary>Forgets all.</summary>
    public void Clear() => _text.Clear();

    /// <summary>A part of the text; valid until the next character is added.</summary>
    public ReadOnlySpan<char> Slice(int start, int length) => CollectionsMarshal.AsSpan(_text).Slice(start, length);
}
