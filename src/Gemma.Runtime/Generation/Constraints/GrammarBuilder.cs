namespace Gemma.Runtime.Generation.Constraints;

/// <summary>Builds states, and the parts of JSON that every grammar shares.</summary>
internal sealed class GrammarBuilder
{
    /// <summary>The text length that stands for no limit.</summary>
    public const int Unlimited = int.MaxValue;

    private const int MaxIndent = 24;
    private const int MaxDigits = 18;
    private readonly List<GrammarState> _states = [];
    private readonly Dictionary<(int, int), GrammarRule> _texts = [];
    private GrammarRule? _whitespace;

    /// <summary>Any string.</summary>
    public GrammarRule String => Text(0, Unlimited);

    /// <summary>White space between parts: nothing, a space, or a new line with its indentation. Bounded, so that a model cannot lose itself in it.</summary>
    public GrammarRule Whitespace => _whitespace ??= NewWhitespace();

    /// <summary>A new state.</summary>
    public GrammarState State(bool isFinal = false)
    {
        var state = new GrammarState { IsFinal = isFinal };
        _states.Add(state);
        return state;
    }

    /// <summary>Appends bytes and gives the state after them.</summary>
    public GrammarState Literal(GrammarState from, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) from = Byte(from, b, b);
        return from;
    }

    /// <summary>Appends one byte of a range and gives the state after it.</summary>
    public GrammarState Byte(GrammarState from, byte low, byte high)
    {
        var to = State();
        from.Bytes.Add((low, high, to));
        return to;
    }

    /// <summary>Appends what a rule describes and gives the state after it.</summary>
    public GrammarState Call(GrammarState from, GrammarRule rule)
    {
        var to = State();
        from.Calls.Add((rule, to));
        return to;
    }

    /// <summary>A rule that is one of several others; none makes it impossible.</summary>
    public GrammarRule OneOf(IEnumerable<GrammarRule> rules)
    {
        var (start, end) = (State(), State(isFinal: true));
        foreach (var rule in rules) start.Calls.Add((rule, end));
        return new GrammarRule(start, isContainer: false);
    }

    /// <summary>A rule that is one of several texts.</summary>
    public GrammarRule OneOf(IEnumerable<byte[]> texts)
    {
        var start = State();
        foreach (var text in texts) AddToTrie(start, text).IsFinal = true;
        return new GrammarRule(start, isContainer: false);
    }

    /// <summary>Adds a text to the states of others, which share their common beginnings.</summary>
    public GrammarState AddToTrie(GrammarState root, ReadOnlySpan<byte> text)
    {
        var state = root;
        foreach (var b in text)
        {
            var next = state.Bytes.Find(edge => edge.Low == b).Target;
            state = next ?? Byte(state, b, b);
        }

        return state;
    }

    /// <summary>A string of a length in UTF-16 units.</summary>
    public GrammarRule Text(int minLength, int maxLength)
    {
        if (_texts.TryGetValue((minLength, maxLength), out var known)) return known;
        var start = State();
        var end = State(isFinal: true);
        var bounded = maxLength != Unlimited;
        var bodies = Enumerable.Range(0, (bounded ? maxLength : minLength) + 1).Select(_ => State()).ToArray();
        start.Bytes.Add(((byte)'"', (byte)'"', bodies[0]));
        for (var i = 0; i < bodies.Length; i++)
        {
            var next = i + 1 < bodies.Length ? bodies[i + 1] : bounded ? null : bodies[i];
            var afterPair = i + 2 < bodies.Length ? bodies[i + 2] : bounded ? null : bodies[^1];
            if (next is not null) JsonCharacters.AddTo(this, bodies[i], next, afterPair);
            if (i >= minLength) bodies[i].Bytes.Add(((byte)'"', (byte)'"', end));
            bodies[i].FreeText = bounded ? maxLength - i : Unlimited;
        }

        return _texts[(minLength, maxLength)] = new GrammarRule(start, isContainer: false);
    }

    /// <summary>A number. Digits are limited, so that an integer fits 64 bits.</summary>
    public GrammarRule Number(bool isInteger, bool allowNegative, int maxDigits = MaxDigits)
    {
        var start = State();
        var digits = State();
        start.Empty.Add(digits);
        if (allowNegative) start.Bytes.Add(((byte)'-', (byte)'-', digits));
        var whole = State(isFinal: true);
        digits.Bytes.Add(((byte)'0', (byte)'0', whole));
        Digits(Byte(digits, (byte)'1', (byte)'9'), 0, Math.Max(1, maxDigits) - 1, whole);
        if (isInteger) return new GrammarRule(start, isContainer: false);

        var fraction = State(isFinal: true);
        whole.Empty.Add(fraction);
        Digits(Byte(whole, (byte)'.', (byte)'.'), 1, MaxDigits, fraction);
        var exponent = State();
        fraction.Bytes.AddRange([((byte)'e', (byte)'e', exponent), ((byte)'E', (byte)'E', exponent)]);
        var unsigned = State();
        exponent.Empty.Add(unsigned);
        exponent.Bytes.AddRange([((byte)'+', (byte)'+', unsigned), ((byte)'-', (byte)'-', unsigned)]);
        Digits(unsigned, 1, 2, State(isFinal: true));
        return new GrammarRule(start, isContainer: false);
    }

    /// <summary>Appends digits that end in a state.</summary>
    public void Digits(GrammarState from, int minimum, int maximum, GrammarState end)
    {
        for (var i = 0; ; i++)
        {
            if (i >= minimum) from.Empty.Add(end);
            if (i == maximum) return;
            from = Byte(from, (byte)'0', (byte)'9');
        }
    }

    /// <summary>Completes the grammar.</summary>
    public Grammar Build(GrammarRule root) => new(root, _states);

    private GrammarRule NewWhitespace()
    {
        var (start, end) = (State(isFinal: true), State(isFinal: true));
        start.Bytes.Add(((byte)' ', (byte)' ', end));
        var line = Byte(start, (byte)'\n', (byte)'\n');
        for (var i = 0; i < MaxIndent; i++)
        {
            line.IsFinal = true;
            line = Byte(line, (byte)' ', (byte)' ');
        }

        line.IsFinal = true;
        return new GrammarRule(start, isContainer: false);
    }
}
