using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Scans calls in Python's notation outside a fenced block: <c>[name(a=1), …]</c>, or <c>name(a=1)</c> on a line of its own. They must begin with the name of
/// an offered function.
/// </summary>
internal sealed class PythonCallScanner(ScanBuffer input, int start, ToolNames names, ToolCallReader reader, bool isList) : CallScanner(input, start, reader)
{
    private int _nameStart = -1;
    private bool _isNamed;
    private int _depth;
    private char _quote;
    private bool _escaped;

    /// <summary>Whether a Python name can begin with the character.</summary>
    public static bool IsNameStart(char c) => char.IsLetter(c) || c == '_';

    /// <summary>Whether a name can go on with the character; the hyphen and the dot are not Python's but occur in names of functions.</summary>
    public static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c is '_' or '-' or '.';

    /// <inheritdoc/>
    public override IReadOnlyList<FunctionCallContent> Read() => _isNamed ? Reader.ReadPython(Held.ToString(), keepMalformed: isList) : [];

    /// <inheritdoc/>
    public override int Release()
    {
        if (isList) return 1;
        var text = Held;
        var length = 0;
        while (length < text.Length && IsNamePart(text[length])) length++;
        return Math.Max(1, length);
    }

    /// <inheritdoc/>
    protected override CallVerdict Scan(char next)
    {
        if (!_isNamed) return ScanName(next);
        if (_quote != '\0')
        {
            if (_escaped || next == '\\') _escaped = !_escaped;
            else if (next == _quote) _quote = '\0';
            return CallVerdict.Undecided;
        }

        switch (next)
        {
            case '"' or '\'' when _depth > 0:
                _quote = next;
                return CallVerdict.Undecided;
            case '(' or '[' or '{':
                _depth++;
                return CallVerdict.Undecided;
            case ')' or ']' or '}':
                _depth--;
                return isList && _depth == 0 ? CallVerdict.Complete : CallVerdict.Undecided;
            case '\n' when !isList && _depth == 0:
                return CallVerdict.Complete;
            default:
                return _depth > 0 || char.IsWhiteSpace(next) ? CallVerdict.Undecided : CallVerdict.Text;
        }
    }

    private CallVerdict ScanName(char next)
    {
        if (isList && _depth == 0)
        {
            _depth = 1;
            return CallVerdict.Undecided;
        }

        if (_nameStart < 0 && char.IsWhiteSpace(next)) return CallVerdict.Undecided;
        if (next == '(' && _nameStart >= 0)
        {
            _depth++;
            _isNamed = Reader.OfferedName(Held[_nameStart..^1].ToString()) is not null;
            return _isNamed ? CallVerdict.Undecided : CallVerdict.Text;
        }

        if (!IsNamePart(next)) return CallVerdict.Text;
        if (_nameStart < 0) _nameStart = Length - 1;
        var name = Held[_nameStart..];
        var isPossible = names.IsPrefix(name) || ToolCallReader.ApiPrefix.StartsWith(name, StringComparison.Ordinal)
            || (name.StartsWith(ToolCallReader.ApiPrefix, StringComparison.Ordinal) && names.IsPrefix(name[ToolCallReader.ApiPrefix.Length..]));
        return isPossible ? CallVerdict.Undecided : CallVerdict.Text;
    }
}
