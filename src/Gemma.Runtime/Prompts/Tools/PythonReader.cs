using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gemma.Json;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Reads calls and literals of Python: strings, numbers, <c>True</c>, <c>False</c>, <c>None</c>, lists, tuples and dictionaries. Anything else is a
/// <see cref="FormatException"/>.
/// </summary>
internal sealed class PythonReader(string text)
{
    private const int MaxDepth = 63;
    private int _open;

    /// <summary>How far the text is read.</summary>
    public int Position { get; private set; }

    /// <summary>The whole text as one literal.</summary>
    public JsonElement ReadWhole()
    {
        var value = Literal();
        SkipSpace();
        return Position == text.Length ? value : throw Error();
    }

    /// <summary>Skips blank lines, comments, and the brackets and commas around several calls; false at the end.</summary>
    public bool SkipToStatement()
    {
        while (Position < text.Length)
        {
            var c = text[Position];
            if (c == '#') SkipLine();
            else if (char.IsWhiteSpace(c) || c is ',' or ';') Position++;
            else if (c == '[' || (c == ']' && _open > 0)) _open += text[Position++] == '[' ? 1 : -1;
            else return true;
        }

        return false;
    }

    /// <summary>Reads up to the parenthesis of a call, through an assignment and <c>print(</c>.</summary>
    public bool TryReadCallName([NotNullWhen(true)] out string? name)
    {
        name = Name();
        SkipSpace();
        if (Position < text.Length && text[Position] == '=' && name.Length != 0)
        {
            Position++;
            SkipSpace();
            name = Name();
            SkipSpace();
        }

        if (Position == text.Length || text[Position] != '(' || name.Length == 0) return false;
        if (name != "print") return true;
        Position++;
        SkipSpace();
        _open++;
        return TryReadCallName(out name);
    }

    /// <summary>Reads a call's arguments with their parentheses.</summary>
    public (IReadOnlyList<JsonElement> Positional, Dictionary<string, object?> Named) ReadArguments()
    {
        List<JsonElement> positional = [];
        var named = new Dictionary<string, object?>();
        Expect('(');
        while (!TryTake(')'))
        {
            var start = Position;
            var name = Name();
            SkipSpace();
            if (name.Length != 0 && Position < text.Length && text[Position] == '=')
            {
                Position++;
                var value = Literal();
                named[name] = value.ValueKind == JsonValueKind.Null ? null : value;
            }
            else if (named.Count != 0)
            {
                throw Error();
            }
            else
            {
                Position = start;
                positional.Add(Literal());
            }

            if (TryTake(')')) break;
            Expect(',');
        }

        return (positional, named);
    }

    /// <summary>Skips what closes a statement: the parentheses of print, brackets, a separator, the line's end. False if something else follows.</summary>
    public bool SkipStatementEnd()
    {
        while (Position < text.Length && (text[Position] is ' ' or '\t' or '\r' || (text[Position] is ')' or ']' && _open > 0)))
            if (text[Position++] is ')' or ']') _open--;
        return Position == text.Length || text[Position] is '\n' or ',' or ';' or '#' || _open > 0;
    }

    /// <summary>Skips the rest of the line.</summary>
    public void SkipLine()
    {
        while (Position < text.Length && text[Position] != '\n') Position++;
        _open = 0;
    }

    private FormatException Error() => new(string.Create(CultureInfo.InvariantCulture, $"This is no Python literal at position {Position}: {text}"));

    private void SkipSpace()
    {
        while (Position < text.Length && char.IsWhiteSpace(text[Position])) Position++;
    }

    private bool TryTake(char c)
    {
        SkipSpace();
        if (Position == text.Length || text[Position] != c) return false;
        Position++;
        return true;
    }

    private void Expect(char c)
    {
        if (!TryTake(c)) throw Error();
    }

    private string Name()
    {
        SkipSpace();
        var start = Position;
        if (Position < text.Length && PythonCallScanner.IsNameStart(text[Position]))
            while (Position < text.Length && PythonCallScanner.IsNamePart(text[Position])) Position++;
        return text[start..Position];
    }

    private JsonElement Literal()
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json)) Write(writer, 0);
        return JsonElement.Parse(json.WrittenSpan);
    }

    private void Write(Utf8JsonWriter writer, int depth)
    {
        SkipSpace();
        if (Position == text.Length || depth > MaxDepth) throw Error();
        switch (text[Position])
        {
            case '"' or '\'':
                writer.WriteStringValue(String());
                break;
            case '[' or '(' or '{' when !IsDictionary():
                var close = text[Position++] switch { '[' => ']', '(' => ')', _ => '}' };
                writer.WriteStartArray();
                while (!TryTake(close))
                {
                    Write(writer, depth + 1);
                    if (TryTake(close)) break;
                    Expect(',');
                }

                writer.WriteEndArray();
                break;
            case '{':
                Position++;
                writer.WriteStartObject();
                while (!TryTake('}'))
                {
                    SkipSpace();
                    if (Position == text.Length || text[Position] is not ('"' or '\'')) throw Error();
                    writer.WritePropertyName(String());
                    Expect(':');
                    Write(writer, depth + 1);
                    if (TryTake('}')) break;
                    Expect(',');
                }

                writer.WriteEndObject();
                break;
            default:
                WriteScalar(writer);
                break;
        }
    }

    // A set is written as an array; the empty braces are a dictionary.
    private bool IsDictionary()
    {
        if (text[Position] != '{') return false;
        var next = Position + 1;
        while (next < text.Length && char.IsWhiteSpace(text[next])) next++;
        return next == text.Length || text[next] is '}' or '"' or '\'';
    }

    private void WriteScalar(Utf8JsonWriter writer)
    {
        var start = Position;
        while (Position < text.Length && (char.IsLetterOrDigit(text[Position]) || text[Position] is '.' or '-' or '+' or '_')) Position++;
        var word = text[start..Position];
        switch (word)
        {
            case "True" or "true":
                writer.WriteBooleanValue(true);
                break;
            case "False" or "false":
                writer.WriteBooleanValue(false);
                break;
            case "None" or "null":
                writer.WriteNullValue();
                break;
            default:
                if (!WrittenNumber.TryWrite(writer, word)) throw Error();
                break;
        }
    }

    private string String()
    {
        var quote = text[Position].ToString();
        if (string.CompareOrdinal(text, Position, quote + quote + quote, 0, 3) == 0) quote += quote + quote;
        Position += quote.Length;
        var value = new StringBuilder();
        while (string.CompareOrdinal(text, Position, quote, 0, quote.Length) != 0)
        {
            if (Position == text.Length) throw Error();
            if (text[Position] == '\\') Escape(value);
            else value.Append(text[Position++]);
        }

        Position += quote.Length;
        return LoneSurrogates.Replace(value.ToString());
    }

    private void Escape(StringBuilder value)
    {
        if (Position + 1 >= text.Length) throw Error();
        var kind = text[Position + 1];
        Position += 2;
        var digits = kind switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits != 0)
        {
            if (Position + digits > text.Length
                || !int.TryParse(text.AsSpan(Position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                || code is < 0 or > 0x10FFFF) throw Error();
            Position += digits;
            if (code < 0x10000) value.Append((char)code);
            else value.Append(char.ConvertFromUtf32(code));
            return;
        }

        switch (kind)
        {
            case 'n': value.Append('\n'); break;
            case 't': value.Append('\t'); break;
            case 'r': value.Append('\r'); break;
            case '\n': break;
            case '\\' or '\'' or '"' or '/': value.Append(kind); break;
            default: value.Append('\\').Append(kind); break;
        }
    }
}
