namespace Gemma.Runtime.Generation.Constraints.Numbers;

/// <summary>The numbers that a schema allows.</summary>
/// <param name="IsInteger">Whether there is no fraction.</param>
/// <param name="Low">The least number.</param>
/// <param name="IsLowExclusive">Whether the least number is outside.</param>
/// <param name="High">The greatest number.</param>
/// <param name="IsHighExclusive">Whether the greatest number is outside.</param>
/// <param name="Multiple">What every number is a multiple of, or null.</param>
internal sealed record NumberRange(bool IsInteger, decimal? Low = null, bool IsLowExclusive = false, decimal? High = null, bool IsHighExclusive = false,
    decimal? Multiple = null)
{
    // Doubles keep fifteen digits; a decimal holds far more.
    private const decimal Largest = 999_999_999_999_999;

    /// <summary>Whether no number is in the range.</summary>
    public bool IsEmpty => Low > High || (Low == High && (IsLowExclusive || IsHighExclusive));

    /// <summary>The numbers of both ranges; null if they have multiples that cannot be joined.</summary>
    public NumberRange? Intersect(NumberRange other)
    {
        if (LeastCommonMultiple(Multiple, other.Multiple) is not { } multiple) return null;
        var isLow = other.Low is not null && (Low is null || other.Low > Low || (other.Low == Low && other.IsLowExclusive));
        var isHigh = other.High is not null && (High is null || other.High < High || (other.High == High && other.IsHighExclusive));
        return new NumberRange(
            IsInteger || other.IsInteger,
            isLow ? other.Low : Low,
            isLow ? other.IsLowExclusive : IsLowExclusive,
            isHigh ? other.High : High,
            isHigh ? other.IsHighExclusive : IsHighExclusive,
            multiple == 0 ? null : multiple);
    }

    /// <summary>The range with limits where it has none: an integer fits 32 bits, or 64 where its other limit is beyond; a number fits a decimal.</summary>
    public NumberRange Bounded()
    {
        if (!IsInteger)
            return this with { Low = Low ?? (High < -Largest ? decimal.MinValue : -Largest), High = High ?? (Low > Largest ? decimal.MaxValue : Largest) };
        var low = Low is { } l ? decimal.Ceiling(l) + (IsLowExclusive && decimal.Ceiling(l) == l ? 1 : 0) : (decimal?)null;
        var high = High is { } h ? decimal.Floor(h) - (IsHighExclusive && decimal.Floor(h) == h ? 1 : 0) : (decimal?)null;
        return this with
        {
            Low = low ?? (high is null or >= int.MinValue ? int.MinValue : long.MinValue),
            High = high ?? (low is null or <= int.MaxValue ? int.MaxValue : low <= long.MaxValue ? long.MaxValue : decimal.MaxValue),
            IsLowExclusive = false,
            IsHighExclusive = false,
        };
    }

    // 0 stands for none.
    private static decimal? LeastCommonMultiple(decimal? a, decimal? b)
    {
        if (a is null || b is null || a == b) return a ?? b ?? 0;
        try
        {
            var (x, y) = (a.Value, b.Value);
            while (y != 0) (x, y) = (y, x % y);
            return a.Value / x * b.Value;
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
