using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>
/// Takes a template apart: text, and tags whose inside <see cref="TagLexer"/> reads. White space as transformers sets it: one newline after a block tag or a
/// comment goes (trim_blocks), and so does what stands between the line's begin and one (lstrip_blocks); a dash takes all white space on its side, a plus keeps
/// it.
/// </summary>
internal sealed class Lexer
{
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private readonly TagLexer _tags;
    private int _position;
    private int _line = 1;

    private Lexer(string source)
    {
        _source = source;
        _tags = new TagLexer(source, _tokens);
    }

    /// <summary>The tokens of a template.</summary>
    /// <exception cref="SyntaxException">A tag is not closed or holds what is no token.</exception>
    public static List<Token> Read(string template)
    {
        var source = template.Contains('\r') ? template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n') : template;
        if (source.EndsWith('\n')) source = source[..^1];
        var lexer = new Lexer(source);
        lexer.Read();
        return lexer._tokens;
    }

    private void Read()
    {
        while (true)
        {
            var open = FindTag(_position);
            if (open < 0) break;
            var kind = _source[open + 1];
            var sign = open + 2 < _source.Length && _source[open + 2] is '-' or '+' ? _source[open + 2] : '\0';
            AddData(_source.AsSpan(_position, open - _position), Text(open, kind, sign).Length);
            Advance(open + 2 + (sign == '\0' ? 0 : 1));
            switch (kind)
            {
                case '#':
                    SkipComment();
                    break;
                case '%' when RawBegin() is >= 0 and var begin:
                    ReadRaw(begin);
                    break;
                default:
                    ReadTag(kind);
                    break;
            }
        }

        AddData(_source.AsSpan(_position), _source.Length - _position);
        Advance(_source.Length);
        _tokens.Add(new Token(TokenKind.End, string.Empty, _line));
    }

    private int FindTag(int from)
    {
        while (true)
        {
            var open = _source.AsSpan(from).IndexOf('{');
            if (open < 0 || from + open + 1 >= _source.Length) return -1;
            from += open;
            if (_source[from + 1] is '{' or '%' or '#') return from;
            from++;
        }
    }

    // The text before a tag, without what the tag takes away.
    private ReadOnlySpan<char> Text(int open, char kind, char sign)
    {
        var text = _source.AsSpan(_position, open - _position);
        if (sign == '-') return PythonText.TrimEnd(text);
        if (sign == '+' || kind == '{') return text;
        var lineBegin = text.LastIndexOf('\n') + 1;
        var isLineBegin = lineBegin > 0 || _position == 0 || _source[_position - 1] == '\n';
        return isLineBegin && PythonText.TrimEnd(text[lineBegin..]).IsEmpty ? text[..lineBegin] : text;
    }

    private void AddData(ReadOnlySpan<char> text, int length)
    {
        if (length > 0) _tokens.Add(new Token(TokenKind.Data, text[..length].ToString(), _line));
    }

    private void SkipComment()
    {
        var end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0) throw new SyntaxException("missing end of comment tag", _line);
        var sign = end > _position ? _source[end - 1] : '\0';
        Advance(end + 2);
        TrimAfter(sign);
    }

    private void ReadTag(char kind)
    {
        _tokens.Add(new Token(kind == '{' ? TokenKind.PrintBegin : TokenKind.BlockBegin, kind == '{' ? "{{" : "{%", _line));
        var (end, sign) = _tags.Read(_position, ref _line, kind);
        _tokens.Add(new Token(kind == '{' ? TokenKind.PrintEnd : TokenKind.BlockEnd, kind == '{' ? "}}" : "%}", _line));
        _position = end;
        if (kind == '%' || sign == '-') TrimAfter(sign);
    }

    private void TrimAfter(char sign)
    {
        var rest = _source.AsSpan(_position);
        if (sign == '-') Advance(_source.Length - PythonText.TrimStart(rest).Length);
        else if (sign != '+' && rest.StartsWith('\n')) Advance(_position + 1);
    }

    // Where the text after {% raw %} begins, or -1 if the tag is another one.
    private int RawBegin()
    {
        if (!TryWord("raw", _position, out var end)) return -1;
        if (_source.AsSpan(end).StartsWith("-%}")) return _source.Length - PythonText.TrimStart(_source.AsSpan(end + 3)).Length;
        return _source.AsSpan(end).StartsWith("%}") ? end + 2 : -1;
    }

    private void ReadRaw(int begin)
    {
        Advance(begin);
        for (var open = begin; (open = _source.IndexOf("{%", open, StringComparison.Ordinal)) >= 0; open += 2)
        {
            var sign = open + 2 < _source.Length && _source[open + 2] is '-' or '+' ? _source[open + 2] : '\0';
            if (!TryWord("endraw", open + 2 + (sign == '\0' ? 0 : 1), out var end)) continue;
            var endSign = end < _source.Length && _source[end] is '-' or '+' ? _source[end] : '\0';
            if (endSign != '\0') end++;
            if (!_source.AsSpan(end).StartsWith("%}")) continue;
            AddData(_source.AsSpan(_position, open - _position), Text(open, '%', sign).Length);
            Advance(end + 2);
            TrimAfter(endSign);
            return;
        }

        throw new SyntaxException("missing end of raw directive", _line);
    }

    private bool TryWord(string word, int from, out int end)
    {
        var rest = _source.AsSpan(from);
        var text = PythonText.TrimStart(rest);
        end = 0;
        if (!text.StartsWith(word)) return false;
        end = _source.Length - PythonText.TrimStart(text[word.Length..]).Length;
        return true;
    }

    private void Advance(int position)
    {
        _line += _source.AsSpan(_position, position - _position).Count('\n');
        _position = position;
    }
}
