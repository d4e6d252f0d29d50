using System.Globalization;

namespace Gemma.Runtime.Generation.Constraints.Numbers;

/// <summary>A limit of a magnitude, digit by digit.</summary>
/// <param name="Value">The limit, not negative.</param>
/// <param name="IsExclusive">Whether the limit itself is outside.</param>
internal readonly record struct NumberBound(decimal Value, bool IsExclusive)
{
    private readonly string _whole = decimal.Truncate(Value).ToString(CultureInfo.InvariantCulture);
    private readonly string _fraction = Fraction(Value);

    /// <summary>The number of digits before the point.</summary>
    public int WholeDigits => _whole.Length;

    /// <summary>How a number's whole part compares so far, after one more digit.</summary>
    public int CompareWhole(int comparison, int index, int digit) =>
        comparison != 0 || index >= _whole.Length ? comparison : digit.CompareTo(_whole[index] - '0');

    /// <summary>How a number's whole part of so many digits compares.</summary>
    public int CompareLength(int comparison, int digits) => digits == _whole.Length ? comparison : digits.CompareTo(_whole.Length);

    /// <summary>How a number compares so far, after one more digit behind the point.</summary>
    public int CompareFraction(int comparison, int index, int digit) =>
        comparison != 0 ? comparison : digit.CompareTo(index < _fraction.Length ? _fraction[index] - '0' : 0);

    /// <summary>How a number compares that ends after so many digits behind the point.</summary>
    public int CompareEnd(int comparison, int digits) => comparison != 0 || digits >= _fraction.Length ? comparison : -1;

    private static string Fraction(decimal value)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        var point = text.IndexOf('.', StringComparison.Ordinal);
        return point < 0 ? string.Empty : text[(point + 1)..].TrimEnd('0');
    }
}
