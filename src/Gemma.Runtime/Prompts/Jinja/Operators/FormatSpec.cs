using System.Globalization;
using System.Numerics;
using System.Text;
using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Operators;

/// <summary>How one value of a format is written: <c>[[fill]align][sign][#][0][width][,][.precision][type]</c>.</summary>
internal sealed record FormatSpec
{
    public string Fill { get; init; } = " ";

    public char Align { get; init; }

    public char Sign { get; init; } = '-';

    public bool IsAlternate { get; init; }

    public int Width { get; init; }

    public char Grouping { get; init; }

    public int? Precision { get; init; }

    public char Type { get; init; }

    /// <summary>Reads the text after the colon of a brace format.</summary>
    /// <exception cref="JinjaException">It is malformed or asks for too much.</exception>
    public static FormatSpec Parse(string text)
    {
        var spec = new FormatSpec();
        var (at, isFilled) = (0, false);
        var first = text.Length > 0 ? CodePoints.LengthAt(text, 0) : 0;
        if (first > 0 && first < text.Length && text[first] is '<' or '>' or '^' or '=')
        {
            (spec, isFilled) = (spec with { Fill = text[..first], Align = text[first] }, true);
            at = first + 1;
        }
        else if (text is ['<' or '>' or '^' or '=', ..])
        {
            spec = spec with { Align = text[at++] };
        }

        if (at < text.Length && text[at] is '+' or '-' or ' ') spec = spec with { Sign = text[at++] };
        if (at < text.Length && text[at] == '#') (spec, at) = (spec with { IsAlternate = true }, at + 1);
        if (at < text.Length && text[at] == '0')
        {
            // It fills as well where only the side was given.
            if (!isFilled) spec = spec with { Fill = "0", Align = spec.Align == '\0' ? '=' : spec.Align };
            at++;
        }

        spec = spec with { Width = Number(text, ref at, JinjaLimits.TextLength) ?? 0 };
        if (at < text.Length && text[at] is ',' or '_') spec = spec with { Grouping = text[at++] };
        if (at < text.Length && text[at] == '.')
        {
            at++;
            spec = spec with { Precision = Number(text, ref at, JinjaLimits.TextLength) ?? throw new JinjaException("Format specifier missing precision") };
        }

        if (at < text.Length) spec = spec with { Type = text[at++] };
        return at == text.Length ? spec : throw new JinjaException("Invalid format specifier");
    }

    /// <summary>A decimal number in a format, or null.</summary>
    public static int? Number(string text, ref int at, int limit)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        if (at == start) return null;
        return int.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= limit
            ? number
            : throw new JinjaException($"a format asks for more than {limit:N0} characters");
    }

    /// <summary>The value as text.</summary>
    public TextValue Write(RenderRun run, JinjaValue value)
    {
        if (ValueNumber.Of(value) is { } number && !(value is BoolValue && Type is '\0' or 's'))
            return Pad(run, TextValue.FromTemplate(Write(number)), isNumber: true);
        if (value is TextValue or BoolValue && Type is not ('\0' or 's'))
            throw new JinjaException($"Unknown format code '{Type}' for object of type '{value.TypeName}'");
        if (value is not (TextValue or BoolValue) && this != new FormatSpec())
            throw new JinjaException($"unsupported format string passed to {value.TypeName}.__format__");
        if (Align == '=' && Fill != "0") throw new JinjaException("'=' alignment not allowed in string format specifier");
        var text = ValueText.Str(run, value);
        if (Precision is { } precision) text = text.Part(run, 0, Math.Min(precision, text.Count));
        return Pad(run, text, isNumber: false);
    }

    private string Write(ValueNumber number)
    {
        if (Type is 's') throw new JinjaException("Unknown format code 's' for a number");
        if (Precision > JinjaLimits.Precision) throw new JinjaException($"a precision is beyond {JinjaLimits.Precision}");
        if (number.Double is null && Type is '\0' or 'd' or 'n' or 'x' or 'X' or 'o' or 'b' or 'c') return WriteInteger(number);
        var value = number.AsDouble;
        var magnitude = Math.Abs(value);
        var digits = double.IsFinite(value) ? Type switch
        {
            'f' or 'F' => PythonFloat.Fixed(magnitude, Precision ?? 6),
            'e' => PythonFloat.Scientific(magnitude, Precision ?? 6),
            'E' => PythonFloat.Scientific(magnitude, Precision ?? 6).ToUpperInvariant(),
            'g' or 'n' => PythonFloat.General(magnitude, Precision ?? 6, IsAlternate),
            'G' => PythonFloat.General(magnitude, Precision ?? 6, IsAlternate).ToUpperInvariant(),
            '%' => PythonFloat.Fixed(magnitude * 100, Precision ?? 6) + "%",
            '\0' => Precision is { } precision ? WithPoint(PythonFloat.General(magnitude, precision, keepZeros: false)) : PythonNumbers.Write(magnitude),
            _ => throw new JinjaException($"Unknown format code '{Type}' for object of type 'float'"),
        } : PythonNumbers.Write(magnitude);
        return Signed(double.IsNegative(value) && !double.IsNaN(value)) + Group(digits, 3);
    }

    private static string WithPoint(string digits) => digits.AsSpan().IndexOfAny(".e") >= 0 ? digits : digits + ".0";

    private string WriteInteger(ValueNumber number)
    {
        if (number.Double is not null) throw new JinjaException($"Unknown format code '{Type}' for object of type 'float'");
        if (Precision is not null) throw new JinjaException("Precision not allowed in integer format specifier");
        var magnitude = BigInteger.Abs(number.Integer);
        if (Type == 'c')
        {
            return magnitude <= 0x10FFFF && Rune.IsValid((int)magnitude)
                ? new Rune((int)magnitude).ToString()
                : throw new JinjaException("%c arg not in range(0x110000)");
        }
        var (digits, prefix) = Type switch
        {
            'x' => (Based(magnitude, "x"), "0x"),
            'X' => (Based(magnitude, "X"), "0X"),
            'o' => (Octal(magnitude), "0o"),
            'b' => (Based(magnitude, "b"), "0b"),
            _ => (PythonNumbers.Write(magnitude), string.Empty),
        };
        return Signed(number.Integer.Sign < 0) + (IsAlternate ? prefix : string.Empty) + Group(digits, prefix.Length == 0 ? 3 : 4);
    }

    /// <summary>An integer in hexadecimal or binary digits.</summary>
    public static string Based(BigInteger value, string format) =>
        value.ToString(format, CultureInfo.InvariantCulture).TrimStart('0') is { Length: > 0 } digits ? digits : "0";

    /// <summary>An integer in octal digits.</summary>
    public static string Octal(BigInteger value)
    {
        if (value.IsZero) return "0";
        var digits = new StringBuilder();
        for (; !value.IsZero; value >>= 3) digits.Insert(0, (char)('0' + (int)(value & 7)));
        return digits.ToString();
    }

    private string Signed(bool isNegative) => isNegative ? "-" : Sign == '-' ? string.Empty : Sign.ToString();

    private string Group(string digits, int size)
    {
        if (Grouping == '\0') return digits;
        var end = digits.AsSpan().IndexOfAny(".e%") is >= 0 and var mark ? mark : digits.Length;
        var result = new StringBuilder(digits);
        for (var at = end - size; at > 0; at -= size) result.Insert(at, Grouping);
        return result.ToString();
    }

    private TextValue Pad(RenderRun run, TextValue text, bool isNumber)
    {
        var missing = Width - text.Count;
        if (missing <= 0) return text;
        var align = Align != '\0' ? Align : isNumber ? '>' : '<';
        var left = align switch { '<' => 0, '^' => missing / 2, '=' when !isNumber => 0, _ => missing };
        var fill = TextValue.FromTemplate(Fill);
        var sign = align == '=' && isNumber && text.Flat is ['+' or '-' or ' ', ..] ? 1 : 0;
        var builder = new TextBuilder(run);
        builder.Append(text.Slice(run, 0, sign));
        builder.Append(Arithmetic.Repeat(run, fill, left));
        builder.Append(text.Slice(run, sign, text.Length - sign));
        builder.Append(Arithmetic.Repeat(run, fill, missing - left));
        return builder.ToText(text.IsMarkup);
    }
}
