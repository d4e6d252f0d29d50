using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Scans an object, or an array of objects, for the keys of a call. It is text as soon as a key appears that a call does not have (before name and arguments are there); once it names an
/// offered function it is a call, however malformed the rest is.
/// </summary>
/// <param name="input">What is held of the reply.</param>
/// <param name="start">Where the object begins.</param>
/// <param name="names">The offered functions.</param>
/// <param name="reader">Reads the objects.</param>
/// <param name="ownLine">Whether it begins a line: only there may a call name a function that was not offered.</param>
internal sealed class JsonCallScanner(ScanBuffer input, int start, ToolNames names, ToolCallReader reader, bool ownLine) : CallScanner(input, start, reader)
{
    // What System.Text.Json reads.
    private const int MaxDepth = 64;
    private static readonly string[] Keys = ["name", "parameters", "arguments", "args", "id", "type"];
    private readonly List<(int Start, int End)> _objects = [];
    private Part _part = Part.Element;
    private bool _isArray;
    private int _depth;
    private char _quote;
    private int _stringStart;
    private bool _escaped;
    private int _objectStart = -1;
    private string _key = string.Empty;
    private string? _name;
    private bool _hasArguments;

    private enum Part
    {
        Element,
        Key,
        Colon,
        Value,
        AfterValue,
        AfterElement,
    }

    /// <inheritdoc/>
    public override IReadOnlyList<FunctionCallContent> Read()
    {
        if (_objects.Count == 0 && _name is null) return [];
        List<FunctionCallContent> calls = [];
        var text = Held.ToString();
        foreach (var (start, end) in _objects)
        {
            if (Reader.ReadObject(text[start..end], ownLine) is not { } call) return [];
            calls.Add(call);
        }

        // Cut off at the reply's end: complete if only closing brackets are missing after the arguments, else a call that failed.
        if (_objectStart >= 0 && _name is not null && names.Contains(_name))
        {
            var isWhole = _hasArguments && _part == Part.AfterValue;
            calls.Add((isWhole ? Reader.ReadObject(text[_objectStart..] + "}", ownLine) : null) ?? ToolCallReader.Malformed(_name, text[_objectStart..]));
        }

        return calls;
    }

    /// <inheritdoc/>
    protected override CallVerdict Scan(char next)
    {
        if (_quote != '\0') return ScanString(next);
        if (char.IsWhiteSpace(next)) return CallVerdict.Undecided;
        switch (next)
        {
            case '"' or '\'':
                if (_part == Part.AfterValue && IsAtMembers) _part = Part.Key;
                if (IsAtMembers && _part is not (Part.Key or Part.Value)) return Malformed();
                if (_part is Part.Element or Part.AfterElement) return CallVerdict.Text;
                _quote = next;
                _stringStart = Length;
                return CallVerdict.Undecided;
            case '{' or '[':
                return Open(next);
            case '}' or ']':
                return Close();
            case ':' when IsAtMembers:
                if (_part == Part.Colon) _part = Part.Value;
                return _part == Part.Value ? CallVerdict.Undecided : Malformed();
            case ',' when IsAtMembers:
                _part = Part.Key;
                return CallVerdict.Undecided;
            case ',' when _part == Part.AfterElement:
                _part = Part.Element;
                return CallVerdict.Undecided;
            default:
                if (_part is Part.Element or Part.AfterElement) return CallVerdict.Text;
                if (!IsAtMembers) return CallVerdict.Undecided;

                // A number or a literal, which ends at the next comma or bracket.
                if (_part != Part.Value) return _part == Part.AfterValue ? CallVerdict.Undecided : Malformed();
                if (_key == "name") return CallVerdict.Text;
                _part = Part.AfterValue;
                _hasArguments |= IsArguments(_key);
                return CallVerdict.Undecided;
        }
    }

    private bool IsAtMembers => _objectStart >= 0 && _depth == (_isArray ? 2 : 1);

    private static bool IsArguments(string key) => key is "parameters" or "arguments" or "args";

    private CallVerdict Malformed() => _name is not null && names.Contains(_name) ? CallVerdict.Undecided : CallVerdict.Text;

    private CallVerdict Open(char bracket)
    {
        if (_depth == 0 && bracket == '[')
        {
            _isArray = true;
            _depth = 1;
            return CallVerdict.Undecided;
        }

        if (_objectStart < 0)
        {
            if (bracket != '{' || _part != Part.Element) return CallVerdict.Text;
            _objectStart = Length - 1;
            _name = null;
            _hasArguments = false;
            _part = Part.Key;
        }
        else if (IsAtMembers && (_part != Part.Value || _key == "name") && Malformed() == CallVerdict.Text)
        {
            return CallVerdict.Text;
        }

        return ++_depth > MaxDepth ? Malformed() : CallVerdict.Undecided;
    }

    private CallVerdict Close()
    {
        _depth--;
        if (_objectStart >= 0 && _depth == (_isArray ? 1 : 0))
        {
            if (_name is null) return CallVerdict.Text;
            _objects.Add((_objectStart, Length));
            _objectStart = -1;
            _part = Part.AfterElement;
        }
        else if (IsAtMembers)
        {
            _hasArguments |= _part == Part.Value && IsArguments(_key);
            _part = Part.AfterValue;
        }

        if (_depth > 0) return CallVerdict.Undecided;
        return _objects.Count > 0 ? CallVerdict.Complete : CallVerdict.Text;
    }

    private CallVerdict ScanString(char next)
    {
        if (_escaped || next == '\\')
        {
            _escaped = !_escaped;
            return CallVerdict.Undecided;
        }

        if (next != _quote)
        {
            return IsAtMembers && !CouldBecome() ? CallVerdict.Text : CallVerdict.Undecided;
        }

        _quote = '\0';
        if (!IsAtMembers) return CallVerdict.Undecided;
        var text = Held[_stringStart..^1];
        if (_part == Part.Key)
        {
            _part = Part.Colon;
            _key = KnownKey(text);
            return _key.Length != 0 || IsBeyondDoubt ? CallVerdict.Undecided : CallVerdict.Text;
        }

        _part = Part.AfterValue;
        _hasArguments |= IsArguments(_key);
        if (_key != "name" || _name is not null) return CallVerdict.Undecided;
        _name = text.ToString();
        return ownLine || names.Contains(_name) ? CallVerdict.Undecided : CallVerdict.Text;
    }

    private bool IsBeyondDoubt => _hasArguments && _name is not null;

    // Whether an unfinished key or name may still become one of a call; the sooner it cannot, the sooner the text streams on.
    private bool CouldBecome() => _part switch
    {
        Part.Key when !IsBeyondDoubt => IsKeyPrefix(Held[_stringStart..]),
        Part.Value when _key == "name" && _name is null => ownLine || names.IsPrefix(Held[_stringStart..]),
        _ => true,
    };

    private static string KnownKey(ReadOnlySpan<char> text)
    {
        foreach (var key in Keys)
            if (text.SequenceEqual(key)) return key;
        return string.Empty;
    }

    private static bool IsKeyPrefix(ReadOnlySpan<char> text)
    {
        foreach (var key in Keys)
            if (key.StartsWith(text, StringComparison.Ordinal)) return true;
        return false;
    }
}
