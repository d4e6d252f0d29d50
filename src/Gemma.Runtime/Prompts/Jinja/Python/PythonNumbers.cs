using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Gemma.Runtime.Prompts.Jinja.Python;

/// <summary>Numbers written and read as Python does.</summary>
internal static class PythonNumbers
{
    private static readonly SearchValues<char> FloatCharacters = SearchValues.Create("0123456789+-.e");

    /// <summary><c>repr</c> of a float: the shortest digits that read back, with an exponent below 1e-4 and from 1e16.</summary>
    public static string Write(double value, string infinity = "inf", string nan = "nan")
    {
        if (double.IsNaN(value)) return nan;
        if (double.IsInfinity(value)) return value > 0 ? infinity : "-" + infinity;
        var sign = double.IsNegative(value) ? "-" : string.Empty;
        if (value == 0) return sign + "0.0";
        var (digits, exponent) = Digits(Math.Abs(value));
        if (exponent is < -4 or >= 16)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : string.Empty;
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        if (digits.Length <= exponent + 1) return $"{sign}{digits.PadRight(exponent + 1, '0')}.0";
        return $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>An integer's digits.</summary>
    public static string Write(BigInteger value)
    {
        if (value.GetBitLength() > JinjaLimits.IntegerDigits * 3.33)
            throw new JinjaException($"an integer of more than {JinjaLimits.IntegerDigits:N0} digits is printed");
        return value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary><c>int(text)</c>, or null.</summary>
    public static BigInteger? ReadInteger(string text)
    {
        var plain = Plain(text);
        if (plain is null) return null;
        var digits = plain.AsSpan(plain.Length > 0 && plain[0] is '+' or '-' ? 1 : 0);
        if (digits.IsEmpty || digits.IndexOfAnyExceptInRange('0', '9') >= 0) return null;
        if (digits.Length > JinjaLimits.IntegerDigits) throw new JinjaException($"an integer of more than {JinjaLimits.IntegerDigits:N0} digits is read");
        return BigInteger.Parse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    /// <summary><c>int(text, radix)</c>, or null. A radix of 0 is that of the prefix, <c>0x</c>, <c>0o</c>, <c>0b</c> or none.</summary>
    public static BigInteger? ReadInteger(string text, int radix)
    {
        var plain = PythonText.Strip(text).ToLowerInvariant();
        var isNegative = plain.StartsWith('-');
        var digits = isNegative || plain.StartsWith('+') ? plain[1..] : plain;
        var own = digits is ['0', 'x' or 'o' or 'b', ..] ? digits[1] switch { 'x' => 16, 'o' => 8, _ => 2 } : 0;
        var isPrefixed = own != 0 && (radix == 0 || radix == own);
        if (isPrefixed) (radix, digits) = (own, digits[(digits is [_, _, '_', ..] ? 3 : 2)..]);
        else if (radix == 0 && (digits.TrimStart('0', '_').Length == 0 || !digits.StartsWith('0'))) radix = 10;
        if (radix is < 2 or > 36 || digits.Length == 0 || digits[0] == '_' || digits[^1] == '_' || digits.Contains("__", StringComparison.Ordinal)) return null;
        List<int> numbers = [.. digits.Where(digit => digit != '_').Select(digit =>
            char.IsAsciiLetterLower(digit) ? digit - 'a' + 10 : char.IsDigit(digit) ? CharUnicodeInfo.GetDecimalDigitValue(digit) : radix)];
        if (numbers.Exists(number => number < 0 || number >= radix)) return null;
        if (numbers.Count > JinjaLimits.IntegerDigits) throw new JinjaException($"an integer of more than {JinjaLimits.IntegerDigits:N0} digits is read");
        var value = numbers.Aggregate(BigInteger.Zero, (sum, number) => (sum * radix) + number);
        return isNegative ? -value : value;
    }

    /// <summary><c>float(text)</c>, or null.</summary>
    public static double? ReadFloat(string text)
    {
        var plain = Plain(text)?.ToLowerInvariant();
        switch (plain?.TrimStart('+', '-'))
        {
            case null or "":
                return null;
            case "inf" or "infinity" when plain.Length - plain.TrimStart('+', '-').Length <= 1:
                return plain[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            case "nan" when plain.Length <= 4:
                return double.NaN;
        }

        if (plain.AsSpan().IndexOfAnyExcept(FloatCharacters) >= 0) return null;
        return double.TryParse(plain, NumberStyles.AllowLeadingSign
            | NumberStyles.AllowDecimalPoint
            | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    // White space around, underscores between digits, and digits of any script.
    private static string? Plain(string text)
    {
        var stripped = PythonText.Strip(text);
        var result = new StringBuilder(stripped.Length);
        for (var i = 0; i < stripped.Length; i++)
        {
            if (stripped[i] == '_')
            {
                if (i == 0 || i + 1 == stripped.Length || !char.IsDigit(stripped[i - 1]) || !char.IsDigit(stripped[i + 1])) return null;
                continue;
            }

            var digit = char.IsDigit(stripped[i]) ? CharUnicodeInfo.GetDecimalDigitValue(stripped[i]) : -1;
            result.Append(digit >= 0 ? (char)('0' + digit) : stripped[i]);
        }

        return result.ToString();
    }

    private static (string Digits, int Exponent) Digits(double value)
    {
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var mark = shortest.IndexOf('E', StringComparison.Ordinal);
        var mantissa = mark < 0 ? shortest : shortest[..mark];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal) is >= 0 and var place ? place : mantissa.Length;
        var all = mantissa.Replace(".", string.Empty, StringComparison.Ordinal);
        var digits = all.TrimStart('0');
        var exponent = mark < 0
            ? point - 1 - (all.Length - digits.Length)
            : int.Parse(shortest.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return (digits.TrimEnd('0'), exponent);
    }
}
