using System.Globalization;
using System.Text;
using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Patterns;

/// <summary>
/// Reads regular expressions as ECMAScript and .NET both understand them: classes, groups, alternatives, quantifiers, anchors, escapes, general categories, and
/// look-ahead. What else there is, is refused by name.
/// </summary>
internal sealed class PatternParser
{
    private const int MaxNesting = 64;
    private const int MaxCount = 100_000;
    private readonly string _pattern;
    private readonly bool _isPerhaps;
    private int _at;
    private int _nesting;

    private PatternParser(string pattern, bool isPerhaps) => (_pattern, _isPerhaps) = (pattern, isPerhaps);

    /// <summary>Reads an expression.</summary>
    /// <param name="pattern">The expression.</param>
    /// <param name="isPerhaps">Whether classes hold all that is in them for any dialect; if not, only what is for all.</param>
    /// <exception cref="GemmaSchemaException">It is none, or uses what is not supported.</exception>
    public static PatternNode Parse(string pattern, bool isPerhaps)
    {
        var parser = new PatternParser(pattern, isPerhaps);
        var node = parser.Choice();
        return parser._at == pattern.Length ? node : throw parser.Error("has a ')' too many");
    }

    private PatternNode Choice()
    {
        if (++_nesting > MaxNesting) throw Error($"nests more than {MaxNesting} groups");
        List<PatternNode> parts = [Sequence()];
        while (Take('|')) parts.Add(Sequence());
        _nesting--;
        return parts.Count == 1 ? parts[0] : new PatternNode.Choice(parts);
    }

    private PatternNode.Sequence Sequence()
    {
        List<PatternNode> parts = [];
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')')) parts.Add(Quantified(Atom()));
        return new PatternNode.Sequence(parts);
    }

    private PatternNode Atom()
    {
        switch (_pattern[_at++])
        {
            case '^':
                return new PatternNode.Start();
            case '$':
                return new PatternNode.End();
            case '.':
                return Node(PatternClasses.Any);
            case '(':
                return Group();
            case '[':
                return Node(Class());
            case '*' or '+' or '?':
                throw Error($"has a quantifier at {_at - 1} that follows nothing");
            case '\\':
                return Node(Escape(isInClass: false));
            default:
                return Node(Literal());
        }
    }

    private PatternNode Group()
    {
        PatternNode node;
        if (!Take('?')) node = Choice();
        else if (Take(':')) node = Choice();
        else if (Take('=')) node = new PatternNode.LookAhead(Choice(), IsNegative: false);
        else if (Take('!')) node = new PatternNode.LookAhead(Choice(), IsNegative: true);
        else if (Peek() == '<' && Peek(1) is not ('=' or '!' or '\0'))
        {
            var end = _pattern.IndexOf('>', _at);
            if (end < 0) throw Error("has a group whose name does not end");
            _at = end + 1;
            node = Choice();
        }
        else
        {
            throw Error(Peek() == '<' ? "looks behind, which is not supported" : $"has a group '(?{Peek()}', which is not supported");
        }

        return Take(')') ? node : throw Error("has a '(' too many");
    }

    private PatternNode Quantified(PatternNode atom)
    {
        var (minimum, maximum) = Peek() switch
        {
            '*' => (0, ICharacterAutomaton.Unlimited),
            '+' => (1, ICharacterAutomaton.Unlimited),
            '?' => (0, 1),
            '{' when Braces() is { } counts => counts,
            _ => (-1, 0),
        };
        if (minimum < 0) return atom;
        if (Peek() != '{') _at++;
        else _at = _pattern.IndexOf('}', _at) + 1;
        if (Peek() == '+') throw Error("has a possessive quantifier, which is not supported");

        // A lazy quantifier matches the same texts.
        Take('?');
        if (Peek() is '*' or '+' or '?') throw Error($"has a quantifier at {_at} that follows another one");
        if (atom is PatternNode.Start or PatternNode.End or PatternNode.LookAhead) throw Error("repeats what has no length, which is not supported");
        return new PatternNode.Repeat(atom, minimum, maximum);
    }

    private (int Minimum, int Maximum)? Braces()
    {
        var end = _pattern.IndexOf('}', _at);
        if (end < 0) return null;
        var parts = _pattern[(_at + 1)..end].Split(',');
        if (parts.Length > 2 || !TryCount(parts[0], out var minimum)) return null;
        if (parts.Length == 1) return (minimum, minimum);
        if (parts[1].Length == 0) return (minimum, ICharacterAutomaton.Unlimited);
        if (!TryCount(parts[1], out var maximum)) return null;
        return maximum >= minimum ? (minimum, maximum) : throw Error($"has counts out of order at {_at}");
    }

    private bool TryCount(string digits, out int count)
    {
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out count)) return false;
        return count <= MaxCount ? true : throw Error($"repeats a part {count} times; at most {MaxCount} are supported");
    }

    private PatternClass Class()
    {
        var isNegative = Take('^');
        var result = PatternClass.Of(CharacterSet.Empty);
        for (var isFirst = true; ; isFirst = false)
        {
            if (_at == _pattern.Length) throw Error("has a '[' too many");
            if (Take(']')) return !isFirst ? isNegative ? result.Complement() : result : throw Error("has an empty class, which dialects read differently");
            if (Peek() == '[' && Peek(1) == ':') throw Error("has a POSIX class, which is not supported");
            if (Peek() == '-' && Peek(1) == '[') throw Error("subtracts a class, which is not supported");
            var low = ClassItem();
            if (Peek() == '-' && Peek(1) is not (']' or '\0'))
            {
                _at++;
                var high = ClassItem();
                if (Single(low) is not { } first || Single(high) is not { } last || first > last) throw Error("has a range that is none");
                low = PatternClass.Of(CharacterSet.Of((first, last)).Intersect(CharacterSet.All));
            }

            result = result.Union(low);
        }
    }

    private PatternClass ClassItem() => Take('\\') ? Escape(isInClass: true) : LiteralAfter(_pattern[_at++]);

    private static int? Single(PatternClass item) => item.Surely.Ranges is [{ } range] && range.Low == range.High ? range.Low : null;

    private PatternClass Literal() => LiteralAfter(_pattern[_at - 1]);

    // Two units of a pair are one character.
    private PatternClass LiteralAfter(char first)
    {
        if (!char.IsHighSurrogate(first) || !char.IsLowSurrogate(Peek())) return PatternClass.Of(CharacterSet.Of((first, first)).Intersect(CharacterSet.All));
        var codePoint = char.ConvertToUtf32(first, _pattern[_at++]);
        return PatternClass.Of(CharacterSet.Of((codePoint, codePoint)));
    }

    private PatternClass Escape(bool isInClass)
    {
        if (_at == _pattern.Length) throw Error("ends with a backslash");
        var letter = _pattern[_at++];
        if (PatternClasses.Of(letter) is { } named) return named;
        switch (letter)
        {
            case 'p' or 'P':
                return Category(letter == 'P');
            case 'b' when !isInClass:
                throw Error("has a word boundary, which is not supported");
            case 'B' or 'A' or 'Z' or 'z' or 'G' or 'k' or (>= '1' and <= '9'):
                throw Error($"uses '\\{letter}', which is not supported");
        }

        var codePoint = letter switch
        {
            'b' => '\b',
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'v' => '\v',
            'f' => '\f',
            '0' when !char.IsAsciiDigit(Peek()) => '\0',
            'x' => Hex(2),
            'u' when Take('{') => Braced(),
            'u' => Pair(Hex(4)),
            'c' when char.IsAsciiLetter(Peek()) => _pattern[_at++] % 32,
            _ when char.IsAsciiLetterOrDigit(letter) => throw Error($"uses '\\{letter}', which is not supported"),
            _ => letter,
        };
        return PatternClass.Of(CharacterSet.Of((codePoint, codePoint)).Intersect(CharacterSet.All));
    }

    private PatternClass Category(bool isNegative)
    {
        var end = _pattern.IndexOf('}', _at);
        if (!Take('{') || end < 0) throw Error("has '\\p' without a category in braces");
        var name = _pattern[_at..end];
        _at = end + 1;
        var category = PatternClasses.OfCategory(name) ?? throw Error($"uses the category '{name}'; general categories such as L and Lu are supported");
        return isNegative ? category.Complement() : category;
    }

    private int Pair(int first)
    {
        if (first is not (>= 0xD800 and < 0xDC00) || Peek() != '\\' || Peek(1) != 'u') return first;
        _at += 2;
        var second = Hex(4);
        return second is >= 0xDC00 and < 0xE000 ? char.ConvertToUtf32((char)first, (char)second) : throw Error("has half a surrogate pair");
    }

    private int Braced()
    {
        var end = _pattern.IndexOf('}', _at);
        if (end < 0 || !int.TryParse(_pattern.AsSpan(_at, end - _at), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || !Rune.IsValid(value)) throw Error("has '\\u{' without a code point");
        _at = end + 1;
        return value;
    }

    private int Hex(int digits)
    {
        if (_at + digits > _pattern.Length
            || !int.TryParse(_pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            throw Error($"has an escape without {digits} hexadecimal digits");
        _at += digits;
        return value;
    }

    private PatternNode.Character Node(PatternClass characters) => new(_isPerhaps ? characters.Perhaps : characters.Surely);

    private char Peek(int offset = 0) => _at + offset < _pattern.Length ? _pattern[_at + offset] : '\0';

    private bool Take(char expected)
    {
        if (_at == _pattern.Length || _pattern[_at] != expected) return false;
        _at++;
        return true;
    }

    private GemmaSchemaException Error(string what) =>
        new($"The JSON schema's pattern '{(_pattern.Length <= 200 ? _pattern : _pattern[..200] + "…")}' {what}.");
}
