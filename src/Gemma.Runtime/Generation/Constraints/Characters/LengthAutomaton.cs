namespace Gemma.Runtime.Generation.Constraints.Characters;

/// <summary>
/// Texts of a length. The least length is counted in graphemes that surely stand alone, the greatest in UTF-16 units, so that every validator agrees. A state
/// holds what was counted, so no table is needed.
/// </summary>
internal sealed class LengthAutomaton : ICharacterAutomaton
{
    private readonly int _minimum;
    private readonly int _maximum;

    /// <summary>Creates the automaton.</summary>
    /// <param name="minimum">The fewest characters.</param>
    /// <param name="maximum">The most characters, or <see cref="ICharacterAutomaton.Unlimited"/>.</param>
    /// <exception cref="GemmaSchemaException">The lengths are too large to be counted.</exception>
    public LengthAutomaton(int minimum, int maximum)
    {
        (_minimum, _maximum) = (minimum, maximum);
        if (2 * (minimum + 1L) * (IsBounded ? maximum + 1L : 1) > int.MaxValue)
            throw new GemmaSchemaException($"The JSON schema's minLength {minimum} and maxLength {maximum} are too large to be followed together.");
    }

    /// <inheritdoc/>
    public int Start => 0;

    private bool IsBounded => _maximum != ICharacterAutomaton.Unlimited;

    /// <inheritdoc/>
    public int Step(int state, int codePoint)
    {
        if (codePoint is >= 0xD800 and < 0xE000) return -1;
        var (units, counted, isJoined) = Unpack(state);
        if (IsBounded) units += codePoint > 0xFFFF ? 2 : 1;
        if (counted < _minimum)
        {
            var isJoining = codePoint >= 0x80 ? Graphemes.Joining.Contains(codePoint) : codePoint < 0x20;
            if (!isJoining && !isJoined) counted++;
            isJoined = isJoining && counted < _minimum;
        }

        // What is missing must still fit.
        return IsBounded && units + Missing(counted, isJoined) > _maximum ? -1 : Pack(units, counted, isJoined);
    }

    /// <inheritdoc/>
    public int Cheapest(int state, int low, int high)
    {
        if (IsBounded && Unpack(state).Units == _maximum) return -1;
        if (low <= 'a' && 'a' <= high) return Step(state, 'a') < 0 ? -1 : 'a';
        for (var c = low; c <= Math.Min(high, low + 127); c++)
            if (Step(state, c) is >= 0 and var next && Cost(next) < Cost(state)) return c;
        for (var c = low; c <= high; c++)
            if (Step(state, c) >= 0) return c;
            else if (c == 0xD800) c = 0xDFFF;
            else if (c > 0xFFFF) return -1;
        return -1;
    }

    /// <inheritdoc/>
    public bool IsAccepting(int state) => Unpack(state).Counted == _minimum;

    /// <inheritdoc/>
    public int Cost(int state)
    {
        var (_, counted, isJoined) = Unpack(state);
        return Missing(counted, isJoined);
    }

    /// <inheritdoc/>
    public int PlainRun(int state)
    {
        if (!IsBounded) return ICharacterAutomaton.Unlimited;
        var (units, counted, isJoined) = Unpack(state);

        if (counted == _minimum) return _maximum - units;

        // Plain text may be of marks alone, which do not count.
        var run = _maximum - units - Missing(counted, isJoined) - 1;
        return run >= ICharacterAutomaton.MaxTried ? run : 0;
    }

    /// <inheritdoc/>
    public int Near(int state)
    {
        var (units, counted, isJoined) = Unpack(state);
        return IsBounded && counted == _minimum && _maximum - units > ICharacterAutomaton.MaxTried
            ? Pack(_maximum - ICharacterAutomaton.MaxTried, counted, isJoined)
            : state;
    }

    /// <inheritdoc/>
    public long Count(int state) => Unpack(state).Units == _maximum ? 1 : long.MaxValue;

    private int Missing(int counted, bool isJoined) => counted == _minimum ? 0 : _minimum - counted + (isJoined ? 1 : 0);

    private int Pack(int units, int counted, bool isJoined) => (((units * (_minimum + 1)) + counted) * 2) + (isJoined ? 1 : 0);

    private (int Units, int Counted, bool IsJoined) Unpack(int state) => (state / 2 / (_minimum + 1), state / 2 % (_minimum + 1), state % 2 == 1);
}
