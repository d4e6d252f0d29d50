using System.Text;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Puts a text together; neighbours of one origin become one piece.</summary>
/// <param name="run">Counts what it costs.</param>
internal sealed class TextBuilder(RenderRun run)
{
    private readonly List<TextPiece> _pieces = [];
    private StringBuilder? _open;
    private TextOrigin _origin = TextOrigin.Template;
    private int _index = -1;
    private int _length;

    /// <summary>Appends a text.</summary>
    public void Append(TextValue text)
    {
        if (text.Length == 0) return;
        Grow(text.Length);
        foreach (var piece in run.Pieces(text)) Add(piece);
    }

    /// <summary>Appends what a writer puts around texts.</summary>
    public void AppendWritten(ReadOnlySpan<char> text) => Append(text, TextOrigin.Written, -1);

    /// <summary>Appends characters.</summary>
    /// <param name="text">The characters.</param>
    /// <param name="origin">Who wrote them.</param>
    /// <param name="index">Where they were copied from, or -1.</param>
    public void Append(ReadOnlySpan<char> text, TextOrigin origin, int index)
    {
        if (text.IsEmpty) return;
        Grow(text.Length);
        _open ??= new StringBuilder();
        if (_open.Length > 0 && (!ReferenceEquals(origin, _origin) || (index < 0 ? _index >= 0 : index != _index + _open.Length || _index < 0))) Close();
        if (_open.Length == 0) (_origin, _index) = (origin, index);
        _open.Append(text);
        run.Charge(text.Length);
    }

    /// <summary>The text.</summary>
    public TextValue ToText(bool isMarkup = false)
    {
        Close();
        return TextValue.From([.. _pieces], _length, isMarkup);
    }

    private void Add(TextPiece piece)
    {
        Close();
        if (_pieces is [.., var last] && ReferenceEquals(last.Text, piece.Text) && piece.Start == last.Start + last.Length && last.IsContinuedBy(piece))
            _pieces[^1] = last with { Length = last.Length + piece.Length };
        else _pieces.Add(piece);
        run.Charge(16);
    }

    private void Grow(int length)
    {
        RenderRun.CheckText((long)_length + length);
        _length += length;
    }

    private void Close()
    {
        if (_open is null || _open.Length == 0) return;
        var text = _open.ToString();
        _open.Clear();
        _pieces.Add(new TextPiece(text, 0, text.Length, _origin, _index));
    }
}
