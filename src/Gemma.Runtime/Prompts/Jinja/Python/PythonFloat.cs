using System.Globalization;
using System.Numerics;

namespace Gemma.Runtime.Prompts.Jinja.Python;

/// <summary>Floats with a given number of digits: correctly rounded, ties to even, as C does.</summary>
internal static class PythonFloat
{
    /// <summary><c>round(value, digits)</c>.</summary>
    public static double Round(double value, int digits)
    {
        if (!double.IsFinite(value) || value == 0) return value;
        return double.Parse(Scaled(value, digits), NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    /// <summary><c>%.Nf</c> of a finite value.</summary>
    public static string Fixed(double value, int digits)
    {
        var (integer, negative) = Digits(value, digits);
        var text = integer.ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1, '0');
        var sign = negative ? "-" : string.Empty;
        return digits == 0 ? sign + text : $"{sign}{text[..^digits]}.{text[^digits..]}";
    }

    /// <summary><c>%.Ne</c> of a finite value.</summary>
    public static string Scientific(double value, int digits)
    {
        var text = value.ToString("E" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var mark = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return $"{text[..mark]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    /// <summary><c>%.Ng</c> of a finite value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="digits">Significant digits.</param>
    /// <param name="keepZeros">Whether zeros at the end stay.</param>
    public static string General(double value, int digits, bool keepZeros)
    {
        digits = Math.Max(digits, 1);
        var scientific = Scientific(value, digits - 1);
        var mark = scientific.IndexOf('e', StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent < -4 || exponent >= digits) return keepZeros ? scientific : Trim(scientific[..mark]) + scientific[mark..];
        var plain = Fixed(value, digits - 1 - exponent);
        return keepZeros ? plain : Trim(plain);
    }

    private static string Trim(string text) => text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;

    private static string Scaled(double value, int digits)
    {
        if (digits >= 0) return Fixed(value, digits);
        var (integer, negative) = Digits(value, digits);
        return (negative ? "-" : string.Empty) + integer.ToString(CultureInfo.InvariantCulture) + "E" + (-digits).ToString(CultureInfo.InvariantCulture);
    }

    // The value times a power of ten as an integer, exactly rounded.
    private static (BigInteger Integer, bool IsNegative) Digits(double value, int digits)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xFFFFFFFFFFFFFL;
        if (exponent == 0) exponent = 1;
        else mantissa |= 1L << 52;
        exponent -= 1075;
        BigInteger numerator = mantissa;
        var denominator = BigInteger.One;
        if (exponent >= 0) numerator <<= exponent;
        else denominator <<= -exponent;
        if (digits >= 0) numerator *= BigInteger.Pow(10, digits);
        else denominator *= BigInteger.Pow(10, -digits);
        var quotient = BigInteger.DivRem(numerator, denominator, out var rest);
        var twice = rest * 2;
        if (twice > denominator || (twice == denominator && !quotient.IsEven)) quotient++;
        return (quotient, bits < 0);
    }
}
