using System.Numerics;
using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A number as arithmetic sees it: an integer, or a double.</summary>
/// <param name="Integer">The integer.</param>
/// <param name="Double">The double, if it is none.</param>
internal readonly record struct ValueNumber(BigInteger Integer, double? Double)
{
    private const int DoubleBits = 53;

    /// <summary>The value as a double.</summary>
    public double AsDouble => Double ?? ToDouble(Integer);

    /// <summary>The nearest double: .NET's conversion cuts off what does not fit.</summary>
    public static double ToDouble(BigInteger integer)
    {
        // One more than a double's own bits, and a last one for all that is below them: what is left to round is the same.
        var extra = integer.GetBitLength() - DoubleBits - 2;
        if (extra <= 0) return (double)integer;
        var (magnitude, low) = (BigInteger.Abs(integer) >> (int)extra, BigInteger.Abs(integer) & ((BigInteger.One << (int)extra) - 1));
        var rounded = (double)(long)(magnitude | (low.IsZero ? 0 : 1)) * Math.Pow(2, extra);
        return integer.Sign < 0 ? -rounded : rounded;
    }

    /// <summary>The number that a value is, or null.</summary>
    public static ValueNumber? Of(JinjaValue value) => value switch
    {
        IntValue integer => new ValueNumber(integer.Value, null),
        BoolValue boolean => new ValueNumber(boolean.Value ? BigInteger.One : BigInteger.Zero, null),
        FloatValue number => new ValueNumber(default, number.Value),
        _ => null,
    };

    /// <summary>An argument that is a 32-bit integer.</summary>
    public static int Whole(JinjaValue? value, string problem)
    {
        if (value is not (IntValue or BoolValue)) throw new JinjaException(problem);
        var number = Of(value)!.Value.Integer;
        return number >= int.MinValue && number <= int.MaxValue ? (int)number : throw new JinjaException("a number is too large");
    }

    public bool Equals(ValueNumber other) => CompareTo(other) == 0;

    public override int GetHashCode() => AsDouble.GetHashCode();

    /// <summary>The order of two numbers; null if one is no number.</summary>
    public int? CompareTo(ValueNumber other)
    {
        if (Double is null && other.Double is null) return Integer.CompareTo(other.Integer);
        if (double.IsNaN(AsDouble) || double.IsNaN(other.AsDouble)) return null;
        if (Double is null && double.IsFinite(other.AsDouble)) return CompareExactly(Integer, other.AsDouble);
        if (other.Double is null && double.IsFinite(AsDouble)) return -CompareExactly(other.Integer, AsDouble);
        return AsDouble.CompareTo(other.AsDouble);
    }

    private static int CompareExactly(BigInteger integer, double number)
    {
        var whole = new BigInteger(Math.Floor(number));
        return integer != whole ? integer.CompareTo(whole) : number > Math.Floor(number) ? -1 : 0;
    }
}
