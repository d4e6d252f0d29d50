using System.Globalization;
using System.Text;

namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>The meaning of a string literal: Python's escapes; an unknown one keeps its backslash.</summary>
internal static class StringLiteral
{
    /// <summary>Reads what stands between the quotes.</summary>
    /// <exception cref="SyntaxException">An escape is cut short.</exception>
    public static string Read(ReadOnlySpan<char> text, int line)
    {
        if (!text.Contains('\\')) return text.ToString();
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            i++;
            switch (text[i])
            {
                case '\n':
                    break;
                case 'x':
                    i = AppendCode(result, text, i, 2, line);
                    break;
                case 'u':
                    i = AppendCode(result, text, i, 4, line);
                    break;
                case 'U':
                    i = AppendCode(result, text, i, 8, line);
                    break;
                case 'N':
                    throw new SyntaxException("the escape \\N{...} is not supported; write the character itself", line);
                case >= '0' and <= '7':
                    i = AppendOctal(result, text, i);
                    break;
                default:
                    if (Simple(text[i]) is { } simple) result.Append(simple);
                    else result.Append('\\').Append(text[i]);
                    break;
            }
        }

        return result.ToString();
    }

    private static char? Simple(char character) => character switch
    {
        '\\' or '\'' or '"' => character,
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\a',
        'b' => '\b',
        'f' => '\f',
        'v' => '\v',
        _ => null,
    };

    private static int AppendCode(StringBuilder result, ReadOnlySpan<char> text, int at, int digits, int line)
    {
        if (at + digits > text.Length - 1
            || !uint.TryParse(text.Slice(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || code > 0x10FFFF)
            throw new SyntaxException($"the escape \\{text[at]} needs {digits} hexadecimal digits of a character", line);
        if (code < 0x10000) result.Append((char)code);
        else result.Append(char.ConvertFromUtf32((int)code));
        return at + digits;
    }

    private static int AppendOctal(StringBuilder result, ReadOnlySpan<char> text, int at)
    {
        var (code, end) = (0, at);
        while (end < text.Length && end < at + 3 && text[end] is >= '0' and <= '7') code = (code * 8) + (text[end++] - '0');
        result.Append((char)code);
        return end - 1;
    }
}
