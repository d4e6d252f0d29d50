namespace Gemma.Runtime.Generation.Constraints;

/// <summary>Rules for objects, arrays and any JSON value.</summary>
/// <param name="builder">Makes the states.</param>
/// <param name="isSpaced">Whether there is exactly one space after <c>:</c> and <c>,</c> and no other white space, as Gemma writes its calls; if not, white space is the model's choice, within bounds.</param>
internal sealed class JsonGrammar(GrammarBuilder builder, bool isSpaced)
{
    private GrammarRule? _value;
    private GrammarRule? _object;

    /// <summary>Any value.</summary>
    public GrammarRule Value
    {
        get
        {
            if (_value is not null) return _value;
            var (start, end) = (builder.State(), builder.State(isFinal: true));
            _value = new GrammarRule(start, isContainer: false);
            var array = Array([], _value, 0, GrammarBuilder.Unlimited);
            var literal = builder.OneOf(["true"u8.ToArray(), "false"u8.ToArray(), "null"u8.ToArray()]);
            foreach (var rule in (ReadOnlySpan<GrammarRule>)[AnyObject, array, builder.String, builder.Number(isInteger: false, allowNegative: true), literal]) start.Calls.Add((rule, end));
            return _value;
        }
    }

    /// <summary>Any object.</summary>
    public GrammarRule AnyObject
    {
        get
        {
            if (_object is not null) return _object;
            var start = builder.State();
            _object = new GrammarRule(start, isContainer: true);
            AddMembers(start, [], builder.String, Value);
            return _object;
        }
    }

    /// <summary>An object with known properties, in their order, and perhaps others after them.</summary>
    /// <param name="properties">The properties' names as JSON strings, their values, and whether they must be there.</param>
    /// <param name="extraKey">The names of other properties, or null if there are none.</param>
    /// <param name="extraValue">The values of other properties.</param>
    public GrammarRule Object(IReadOnlyList<(byte[] Name, GrammarRule Value, bool IsRequired)> properties, GrammarRule? extraKey, GrammarRule? extraValue)
    {
        var start = builder.State();
        AddMembers(start, properties, extraKey, extraValue);
        return new GrammarRule(start, isContainer: true);
    }

    /// <summary>An array.</summary>
    /// <param name="first">The first items' rules, one by one.</param>
    /// <param name="item">The other items' rule, or null if there are none.</param>
    /// <param name="minimum">The fewest items.</param>
    /// <param name="maximum">The most items.</param>
    public GrammarRule Array(IReadOnlyList<GrammarRule> first, GrammarRule? item, int minimum, int maximum)
    {
        var start = builder.State();
        var state = Space(builder.Byte(start, (byte)'[', (byte)'['));
        var close = builder.State();
        Space(close).Bytes.Add(((byte)']', (byte)']', builder.State(isFinal: true)));
        if (item is null) maximum = Math.Min(maximum, first.Count);
        var unrolled = maximum == GrammarBuilder.Unlimited ? Math.Max(Math.Max(minimum, first.Count), 1) : maximum;
        for (var i = 0; ; i++)
        {
            if (i >= minimum) state.Empty.Add(close);
            if (i == maximum || (i < first.Count ? first[i] : item) is not { } rule) break;
            var next = i == 0 ? state : SpaceAfterComma(builder.Byte(state, (byte)',', (byte)','));
            if (i == unrolled)
            {
                next.Calls.Add((rule, state));
                break;
            }

            state = builder.Call(next, rule);
        }

        return new GrammarRule(start, isContainer: true);
    }

    private void AddMembers(GrammarState start, IReadOnlyList<(byte[] Name, GrammarRule Value, bool IsRequired)> properties, GrammarRule? extraKey, GrammarRule? extraValue)
    {
        // Two rows of states: before the first member, and after a member, where a comma comes first.
        var empty = Space(builder.Byte(start, (byte)'{', (byte)'{'));
        var filled = builder.State();
        foreach (var (name, value, isRequired) in properties)
        {
            var key = builder.State();
            empty.Empty.Add(key);
            SpaceAfterComma(builder.Byte(filled, (byte)',', (byte)',')).Empty.Add(key);
            var after = builder.Call(SpaceAfterColon(builder.Literal(key, [.. name, (byte)':'])), value);
            var next = builder.State();
            if (!isRequired)
            {
                empty.Empty.Add(next);
                filled.Empty.Add(after);
            }

            (empty, filled) = (next, after);
        }

        var isNeverEmpty = properties.Any(property => property.IsRequired);
        var end = builder.State(isFinal: true);
        if (!isNeverEmpty) empty.Bytes.Add(((byte)'}', (byte)'}', end));
        if (extraKey is not null && extraValue is not null)
        {
            var key = builder.State();
            if (!isNeverEmpty) empty.Empty.Add(key);
            SpaceAfterComma(builder.Byte(filled, (byte)',', (byte)',')).Empty.Add(key);
            var colon = builder.Byte(builder.Call(key, extraKey), (byte)':', (byte)':');
            SpaceAfterColon(colon).Calls.Add((extraValue, filled));
        }

        Space(filled).Bytes.Add(((byte)'}', (byte)'}', end));
    }

    private GrammarState Space(GrammarState from) => isSpaced ? from : builder.Call(from, builder.Whitespace);

    private GrammarState SpaceAfterComma(GrammarState from) => isSpaced ? builder.Byte(from, (byte)' ', (byte)' ') : Space(from);

    private GrammarState SpaceAfterColon(GrammarState from)
    {
        var after = builder.Byte(from, (byte)' ', (byte)' ');
        if (!isSpaced) from.Empty.Add(after);
        return after;
    }
}
