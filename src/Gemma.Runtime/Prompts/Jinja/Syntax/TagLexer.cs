using System.Globalization;
using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>Reads the inside of a tag.</summary>
/// <param name="source">The template.</param>
/// <param name="tokens">Receives the tokens.</param>
internal sealed class TagLexer(string source, List<Token> tokens)
{
    private static readonly string[] Operators = ["**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=",
        ".", ":", "|", ",", ";"];

    private readonly Dictionary<string, string> _names = [];
    private readonly Stack<string> _brackets = [];

    /// <summary>Reads up to the tag's end, which counts only outside brackets.</summary>
    /// <param name="position">Where the inside begins.</param>
    /// <param name="line">The line, which goes on.</param>
    /// <param name="kind">A brace or a percent sign.</param>
    /// <returns>The place after the tag, and the sign before its end or NUL.</returns>
    public (int End, char Sign) Read(int position, ref int line, char kind)
    {
        _brackets.Clear();
        while (position < source.Length)
        {
            if (_brackets.Count == 0 && End(position, kind) is { } end) return end;
            var character = source[position];
            if (PythonText.IsSpace(character))
            {
                if (character == '\n') line++;
                position++;
                continue;
            }

            var next = character switch
            {
                '\'' or '"' => ReadString(position, line),
                >= '0' and <= '9' => ReadNumber(position, line),
                _ when IsNameStart(character) => ReadName(position, line),
                _ => ReadOperator(position, line),
            };
            line += source.AsSpan(position, next - position).Count('\n');
            position = next;
        }

        throw new SyntaxException($"unexpected end of template, expected the end of the {(kind == '{' ? "print statement" : "statement block")}", line);
    }

    private (int, char)? End(int position, char kind)
    {
        var sign = source[position] is '-' or '+' ? source[position] : '\0';
        if (sign == '+' && kind == '{') return null;
        var at = sign == '\0' ? position : position + 1;
        var rest = source.AsSpan(at);
        return rest.StartsWith(kind == '{' ? "}}" : "%}") ? (at + 2, sign) : null;
    }

    private static bool IsNameStart(char character) =>
        character == '_' || char.IsAsciiLetter(character) || (character > 127 && (char.IsLetter(character) || char.IsSurrogate(character)));

    private static bool IsNamePart(char character) => IsNameStart(character) || char.IsDigit(character)
        || (character > 127 && char.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.LetterNumber);

    private int ReadName(int position, int line)
    {
        var end = position;
        while (end < source.Length && IsNamePart(source[end])) end++;
        var name = source[position..end];
        if (!_names.TryGetValue(name, out var known)) _names.Add(name, known = name);
        tokens.Add(new Token(TokenKind.Name, known, line));
        return end;
    }

    private int ReadString(int position, int line)
    {
        for (var end = position + 1; end < source.Length; end++)
        {
            if (source[end] == '\\') end++;
            else if (source[end] == source[position])
            {
                tokens.Add(new Token(TokenKind.Text, StringLiteral.Read(source.AsSpan(position + 1, end - position - 1), line), line));
                return end + 1;
            }
        }

        throw new SyntaxException("a string is not closed", line);
    }

    private int ReadNumber(int position, int line)
    {
        var isAfterPoint = tokens.Count > 0 && tokens[^1].IsOperator(".") && source[position - 1] == '.';
        var end = Prefixed(position) ?? Digits(position);
        var kind = TokenKind.Integer;
        if (!isAfterPoint && source[position..Math.Min(end, source.Length)].All(character => character is '_' or (>= '0' and <= '9')))
        {
            var whole = Digits(position, anyZero: true);
            var fraction = whole + 1 < source.Length && source[whole] == '.' && char.IsAsciiDigit(source[whole + 1]) ? Digits(whole + 1, anyZero: true) : whole;
            var exponent = Exponent(fraction);
            if (exponent > whole) (end, kind) = (exponent, TokenKind.Float);
        }

        if (end - position > JinjaLimits.IntegerDigits) throw new SyntaxException($"a number has more than {JinjaLimits.IntegerDigits:N0} digits", line);
        tokens.Add(new Token(kind, source[position..end].Replace("_", string.Empty, StringComparison.Ordinal), line));
        return end;
    }

    private int Exponent(int position)
    {
        if (position >= source.Length || source[position] is not ('e' or 'E')) return position;
        var digits = position + 1 < source.Length && source[position + 1] is '+' or '-' ? position + 2 : position + 1;
        return digits < source.Length && char.IsAsciiDigit(source[digits]) ? Digits(digits, anyZero: true) : position;
    }

    private int? Prefixed(int position)
    {
        if (source[position] != '0' || position + 2 >= source.Length) return null;
        Func<char, bool>? isDigit = source[position + 1] switch
        {
            'x' or 'X' => char.IsAsciiHexDigit,
            'o' or 'O' => character => character is >= '0' and <= '7',
            'b' or 'B' => character => character is '0' or '1',
            _ => null,
        };
        if (isDigit is null
            || !(isDigit(source[position + 2]) || (source[position + 2] == '_' && position + 3 < source.Length && isDigit(source[position + 3])))) return null;
        var end = position + 2;
        while (end < source.Length && (isDigit(source[end]) || (source[end] == '_' && end + 1 < source.Length && isDigit(source[end + 1])))) end++;
        return end;
    }

    // Underscores stand between digits only; what begins with 0 goes on with zeros only.
    private int Digits(int position, bool anyZero = false)
    {
        var onlyZeros = !anyZero && source[position] == '0';
        var end = position;
        while (end < source.Length && (IsDigit(end) || (source[end] == '_' && end > position && end + 1 < source.Length && IsDigit(end + 1)))) end++;
        return end;

        bool IsDigit(int at) => onlyZeros ? source[at] == '0' : char.IsAsciiDigit(source[at]);
    }

    private int ReadOperator(int position, int line)
    {
        var rest = source.AsSpan(position);
        foreach (var text in Operators)
        {
            if (!rest.StartsWith(text)) continue;
            if (text is "(" or "[" or "{") _brackets.Push(text == "(" ? ")" : text == "[" ? "]" : "}");
            else if (text is ")" or "]" or "}" && (!_brackets.TryPop(out var expected) || expected != text))
                throw new SyntaxException($"unexpected '{text}'{(expected is null ? string.Empty : $", expected '{expected}'")}", line);
            tokens.Add(new Token(TokenKind.Operator, text, line));
            return position + text.Length;
        }

        throw new SyntaxException($"unexpected character '{rest[0]}'", line);
    }
}
