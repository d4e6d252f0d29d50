using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Changes a text character by character; what becomes of a character keeps its origin.</summary>
internal static class TextMap
{
    /// <summary>What a character becomes.</summary>
    /// <param name="text">The whole text, for what depends on neighbours.</param>
    /// <param name="index">Where the character begins.</param>
    /// <param name="length">Its units, 1 or 2.</param>
    /// <param name="buffer">Scratch for the result.</param>
    public delegate ReadOnlySpan<char> Change(ReadOnlySpan<char> text, int index, int length, Span<char> buffer);

    /// <summary>The changed text.</summary>
    public static TextValue Apply(RenderRun run, TextValue text, Change change)
    {
        var flat = run.Flat(text);
        run.ChargeText(flat.Length);
        var builder = new TextBuilder(run);
        Write(run, builder, text, flat, change);
        return builder.ToText(text.IsMarkup);
    }

    /// <summary>Appends the changed text to another.</summary>
    public static void Write(RenderRun run, TextBuilder builder, TextValue text, string flat, Change change)
    {
        Span<char> buffer = stackalloc char[16];
        var at = 0;
        foreach (var piece in run.Pieces(text))
        {
            var same = 0;
            for (var i = 0; i < piece.Length;)
            {
                var length = CodePoints.LengthAt(flat, at + i);
                var source = flat.AsSpan(at + i, length);
                var changed = change(flat, at + i, length, buffer);

                // A pair whose halves have two origins counts as the first one's.
                if (changed.SequenceEqual(source) && i + length <= piece.Length)
                {
                    i += length;
                    continue;
                }

                Copy(builder, piece, same, i);
                builder.Append(changed, piece.Origin, -1);
                i += length;
                same = i;
            }

            Copy(builder, piece, same, piece.Length);
            at += piece.Length;
        }
    }

    private static void Copy(TextBuilder builder, TextPiece piece, int start, int end)
    {
        if (end > start) builder.Append(piece.Span[start..end], piece.Origin, piece.Index < 0 ? -1 : piece.Index + start);
    }
}
