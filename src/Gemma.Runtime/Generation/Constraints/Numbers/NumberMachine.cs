namespace Gemma.Runtime.Generation.Constraints.Numbers;

/// <summary>Reads a number digit by digit, comparing it with the limits of a range and keeping its remainder.</summary>
internal sealed class NumberMachine
{
    private const int MaxDigits = 15;
    private readonly (NumberBound Low, NumberBound High)? _positive;
    private readonly (NumberBound Low, NumberBound High)? _negative;
    private readonly bool _isInteger;
    private readonly bool _hasExponent;
    private readonly int _multiple;
    private readonly int _multipleDigits;

    /// <summary>Creates the machine of a range that has both limits.</summary>
    public NumberMachine(NumberRange range, bool hasExponent)
    {
        (_isInteger, _hasExponent) = (range.IsInteger, hasExponent);
        var (low, high) = (range.Low!.Value, range.High!.Value);
        if (high >= 0) _positive = (new NumberBound(decimal.Max(low, 0), range.IsLowExclusive && low >= 0), new NumberBound(high, range.IsHighExclusive));

        // Zero has no sign.
        if (low < 0) _negative = (new NumberBound(decimal.Max(-high, 0), high >= 0 || range.IsHighExclusive), new NumberBound(-low, range.IsLowExclusive));
        if (range.Multiple is { } multiple) (_multiple, _multipleDigits) = Scale(multiple);
    }

    /// <summary>How many remainders a multiple has; <see cref="int.MaxValue"/> if they are too many to count.</summary>
    public static int Remainders(decimal multiple) => Scale(multiple).Multiple;

    /// <summary>The state after a character, or null if it may not follow.</summary>
    public NumberState? Step(NumberState state, int c) => (state.Part, c) switch
    {
        (NumberPart.Start, '-') when _negative is not null => state with { Part = NumberPart.Sign, IsNegative = true },
        (NumberPart.Start or NumberPart.Sign, '0') => Whole(state, 0, NumberPart.Zero),
        (NumberPart.Start or NumberPart.Sign, >= '1' and <= '9') => Whole(state, c - '0', NumberPart.Whole),
        (NumberPart.Whole, >= '0' and <= '9') => Whole(state, c - '0', NumberPart.Whole),
        (NumberPart.Whole or NumberPart.Zero, '.') when !_isInteger && state.Digits < MaxDigits =>
            EndWhole(state) with { Part = NumberPart.Point, FractionDigits = 0 },
        (NumberPart.Point or NumberPart.Fraction, >= '0' and <= '9') => Fraction(state, c - '0'),
        (NumberPart.Zero or NumberPart.Whole, 'e' or 'E') when _hasExponent => EndWhole(state) with { Part = NumberPart.Exponent },
        (NumberPart.Fraction, 'e' or 'E') when _hasExponent => state with { Part = NumberPart.Exponent },
        (NumberPart.Exponent, '+' or '-') => state with { Part = NumberPart.ExponentSign },
        (NumberPart.Exponent or NumberPart.ExponentSign, >= '0' and <= '9') => state with { Part = NumberPart.End },
        _ => null,
    };

    /// <summary>Whether the number may end.</summary>
    public bool IsAccepting(NumberState state)
    {
        if (state.Part is not (NumberPart.Zero or NumberPart.Whole or NumberPart.Fraction or NumberPart.End)) return false;
        if (state.Part is NumberPart.Zero or NumberPart.Whole) state = EndWhole(state);
        var (low, high) = Bounds(state).GetValueOrDefault();
        var (toLow, toHigh) = (low.CompareEnd(state.ToLow, state.FractionDigits), high.CompareEnd(state.ToHigh, state.FractionDigits));
        if (toLow < 0 || (toLow == 0 && low.IsExclusive) || toHigh > 0 || (toHigh == 0 && high.IsExclusive)) return false;
        return _multiple == 0
            || Enumerable.Range(state.FractionDigits, _multipleDigits - state.FractionDigits)
                .Aggregate(state.Remainder, (rest, _) => (int)(rest * 10L % _multiple)) == 0;
    }

    private (NumberBound Low, NumberBound High)? Bounds(NumberState state) => state.IsNegative ? _negative : _positive;

    private NumberState? Whole(NumberState state, int digit, NumberPart part)
    {
        if (Bounds(state) is not var (low, high) || state.Digits >= high.WholeDigits) return null;
        return state with
        {
            Part = part,
            Digits = state.Digits + 1,
            ToLow = low.CompareWhole(state.ToLow, state.Digits, digit),
            ToHigh = high.CompareWhole(state.ToHigh, state.Digits, digit),
            Remainder = Remainder(state.Remainder, digit),
        };
    }

    private NumberState EndWhole(NumberState state)
    {
        var (low, high) = Bounds(state).GetValueOrDefault();
        return state with { ToLow = low.CompareLength(state.ToLow, state.Digits), ToHigh = high.CompareLength(state.ToHigh, state.Digits) };
    }

    private NumberState? Fraction(NumberState state, int digit)
    {
        if (state.Digits >= MaxDigits || (_multiple != 0 && state.FractionDigits >= _multipleDigits)) return null;
        var (low, high) = Bounds(state).GetValueOrDefault();
        var (toLow, toHigh) = (low.CompareFraction(state.ToLow, state.FractionDigits, digit), high.CompareFraction(state.ToHigh, state.FractionDigits, digit));
        return state with
        {
            Part = NumberPart.Fraction,
            Digits = state.Digits + 1,
            FractionDigits = _multiple == 0 && toLow != 0 && toHigh != 0 ? 0 : state.FractionDigits + 1,
            ToLow = toLow,
            ToHigh = toHigh,
            Remainder = Remainder(state.Remainder, digit),
        };
    }

    private int Remainder(int remainder, int digit) => _multiple == 0 ? 0 : (int)(((remainder * 10L) + digit) % _multiple);

    // The multiple as a whole number of its last digit.
    private static (int Multiple, int Digits) Scale(decimal multiple)
    {
        var digits = 0;
        for (; multiple != decimal.Truncate(multiple) && digits < MaxDigits && multiple < int.MaxValue; digits++) multiple *= 10;
        return multiple == decimal.Truncate(multiple) && multiple < int.MaxValue ? ((int)multiple, digits) : (int.MaxValue, 0);
    }
}
