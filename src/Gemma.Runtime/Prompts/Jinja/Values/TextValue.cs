using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A text that knows who wrote each of its pieces. Joined texts are joined for good only when somebody looks.</summary>
internal sealed class TextValue : JinjaValue
{
    private TextValue? _left;
    private TextValue? _right;
    private TextPiece[]? _pieces;
    private string? _flat;
    private int[]? _characters;

    private TextValue(TextPiece[] pieces, int length, bool isMarkup)
    {
        (_pieces, Length, IsMarkup, PieceCount) = (pieces, length, isMarkup, pieces.Length);
        if (length == 0) _flat = string.Empty;
        else if (pieces is [{ Start: 0 } only] && only.Length == only.Text.Length) _flat = only.Text;
    }

    private TextValue(TextValue left, TextValue right, bool isMarkup)
    {
        (_left, _right, Length, IsMarkup) = (left, right, left.Length + right.Length, isMarkup);
        PieceCount = left.PieceCount + right.PieceCount;
        if (PieceCount > JinjaLimits.Pieces) throw new JinjaException($"a text is made of more than {JinjaLimits.Pieces:N0} pieces");
    }

    public static readonly TextValue Empty = new([], 0, isMarkup: false);

    public override string TypeName => IsMarkup ? "Markup" : "str";

    public override bool IsTrue => Length > 0;

    /// <summary>Its UTF-16 length.</summary>
    public int Length { get; }

    /// <summary>Whether it is marked as safe HTML: what is joined to it is escaped.</summary>
    public bool IsMarkup { get; }

    /// <summary>The number of its pieces.</summary>
    public int PieceCount { get; }

    /// <summary>Whether <see cref="Flat"/> is there already.</summary>
    public bool IsFlat => _flat is not null;

    /// <summary>Whether <see cref="Pieces"/> are there already.</summary>
    public bool IsJoined => _pieces is not null;

    /// <summary>The plain text; <see cref="RenderRun.Flat"/> also counts what it costs.</summary>
    public string Flat => _flat ??= string.Create(Length, this, static (span, text) =>
    {
        foreach (var piece in text.Pieces)
        {
            piece.Span.CopyTo(span);
            span = span[piece.Length..];
        }
    });

    /// <summary>The pieces, none of them empty; <see cref="RenderRun.Pieces"/> also counts what they cost.</summary>
    public ReadOnlySpan<TextPiece> Pieces => _pieces ?? Join();

    /// <summary>Where each character of the text begins, if some take two units; otherwise null.</summary>
    public int[]? Characters
    {
        get
        {
            if (_characters is null && Flat.AsSpan().IndexOfAnyInRange('\uD800', '\uDBFF') >= 0) _characters = CodePoints.Starts(Flat);
            return _characters;
        }
    }

    /// <summary>The number of its characters.</summary>
    public int Count => Characters?.Length ?? Length;

    /// <summary>A text of the template.</summary>
    public static TextValue FromTemplate(string text) => From(text, TextOrigin.Template, -1);

    /// <summary>A text with one origin.</summary>
    public static TextValue From(string text, TextOrigin origin, int index) =>
        text.Length == 0 ? Empty : new([new TextPiece(text, 0, text.Length, origin, index)], text.Length, isMarkup: false);

    /// <summary>A text of pieces, which belong to it.</summary>
    public static TextValue From(TextPiece[] pieces, int length, bool isMarkup) => length == 0 && !isMarkup ? Empty : new(pieces, length, isMarkup);

    /// <summary>Two texts, one after the other.</summary>
    public static TextValue Concat(TextValue left, TextValue right, bool isMarkup)
    {
        if (right.Length == 0 && left.IsMarkup == isMarkup) return left;
        if (left.Length == 0 && right.IsMarkup == isMarkup) return right;
        RenderRun.CheckText((long)left.Length + right.Length);
        return new TextValue(left, right, isMarkup);
    }

    /// <summary>The same text, safe HTML or not.</summary>
    public TextValue As(bool isMarkup) => isMarkup == IsMarkup ? this : new TextValue([.. Pieces], Length, isMarkup);

    /// <summary>A part of the text; lengths are in UTF-16 units.</summary>
    public TextValue Slice(RenderRun run, int start, int length)
    {
        if (length == Length) return this;
        if (length <= 0) return IsMarkup ? new TextValue([], 0, isMarkup: true) : Empty;
        var pieces = run.Pieces(this);
        if (pieces.Length == 1) return new TextValue([pieces[0].Slice(start, length)], length, IsMarkup);
        run.Touch(pieces.Length);
        List<TextPiece> part = [];
        var at = 0;
        foreach (var piece in pieces)
        {
            var (from, to) = (Math.Max(start - at, 0), Math.Min(start + length - at, piece.Length));
            if (to > from) part.Add(piece.Slice(from, to - from));
            at += piece.Length;
            if (at >= start + length) break;
        }

        run.Charge(16L * part.Count);
        return new TextValue([.. part], length, IsMarkup);
    }

    /// <summary>Characters of the text, counted as code points.</summary>
    public TextValue Part(RenderRun run, int start, int count)
    {
        if (count <= 0) return Slice(run, 0, 0);
        if (Characters is not { } characters) return Slice(run, start, count);
        var end = start + count < characters.Length ? characters[start + count] : Length;
        return Slice(run, characters[start], end - characters[start]);
    }

    // Without recursion: loops make chains as long as they like.
    private TextPiece[] Join()
    {
        List<TextPiece> pieces = [];
        Stack<TextValue> rest = [];
        rest.Push(this);
        while (rest.TryPop(out var text))
        {
            if (text._pieces is { } own)
            {
                pieces.AddRange(own);
                continue;
            }

            rest.Push(text._right!);
            rest.Push(text._left!);
        }

        _pieces = [.. pieces];
        (_left, _right) = (null, null);
        return _pieces;
    }
}
