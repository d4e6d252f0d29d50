namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A piece of a text with one origin.</summary>
/// <param name="Text">The string that holds it.</param>
/// <param name="Start">Where it begins in there.</param>
/// <param name="Length">How long it is, not 0.</param>
/// <param name="Origin">Who wrote it.</param>
/// <param name="Index">Where its characters stand in the text of the input that they were copied from; -1 if they were made from it.</param>
internal readonly record struct TextPiece(string Text, int Start, int Length, TextOrigin Origin, int Index)
{
    public ReadOnlySpan<char> Span => Text.AsSpan(Start, Length);

    /// <summary>A part of the piece.</summary>
    public TextPiece Slice(int start, int length) => new(Text, Start + start, length, Origin, Index < 0 ? -1 : Index + start);

    /// <summary>Whether another piece goes on where this one ends.</summary>
    public bool IsContinuedBy(TextPiece next) => ReferenceEquals(Origin, next.Origin) && (Index < 0 ? next.Index < 0 : next.Index == Index + Length);
}
