using Gemma.Runtime.Generation.Constraints.Automata;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>
/// The states of free text that lead into a call: after <c>{"name": "</c>, with any white space, and the name of a function, what follows is the function's
/// own. Another name leads back to free text, but not to arguments. Deterministic, so that text cannot pass a call by.
/// </summary>
internal sealed class CallTrigger
{
    private static readonly byte[] Key = "name\""u8.ToArray();
    private static readonly byte[][] ArgumentKeys = ["parameters\""u8.ToArray(), "arguments\""u8.ToArray(), "args\""u8.ToArray()];
    private readonly GrammarBuilder _builder;
    private readonly GrammarState _open;

    /// <summary>Makes the states.</summary>
    /// <param name="builder">Makes them.</param>
    /// <param name="functions">The functions' names as JSON strings without the first quote, and what follows each.</param>
    public CallTrigger(GrammarBuilder builder, IReadOnlyList<(byte[] Name, GrammarRule Tail)> functions)
    {
        _builder = builder;
        Start = builder.State(isFinal: true);
        _open = builder.State(isFinal: true);
        Start.IsFreeText = true;
        Leave(Start, Start);

        // {  "name"  :  "
        var key = builder.State(isFinal: true);
        Step(_open, '"', key);
        foreach (var b in Key)
        {
            var next = builder.State(isFinal: true);
            Leave(key, Start, b);
            key.AddByte(b, b, next);
            key = next;
        }

        var (value, name) = (builder.State(isFinal: true), builder.State(isFinal: true));
        Step(key, ':', value);
        Step(value, '"', name);

        foreach (var (text, tail) in functions) AddToTrie(name, text).AddCall(tail, Start);
        OtherName(name);
    }

    /// <summary>Free text.</summary>
    public GrammarState Start { get; }

    // White space stays, one character leads on, all others lead back.
    private void Step(GrammarState from, char expected, GrammarState to)
    {
        foreach (var b in " \n\r\t"u8) from.AddByte(b, b, from);
        from.AddByte((byte)expected, (byte)expected, to);
        Leave(from, Start, [.. " \n\r\t"u8, (byte)expected]);
    }

    // All bytes but some lead to a state, a brace to the begin of an object.
    private void Leave(GrammarState from, GrammarState to, params ReadOnlySpan<byte> taken)
    {
        var low = 0;
        for (var b = 0; b <= 256; b++)
        {
            if (b < 256 && b != '{' && !taken.Contains((byte)b)) continue;
            if (low < b) from.AddByte((byte)low, (byte)(b - 1), to);
            if (b == '{' && !taken.Contains((byte)b)) from.AddByte((byte)b, (byte)b, _open);
            low = b + 1;
        }
    }

    // Leaves the tree of names at each of its states: into the rest of another name, or at its end.
    private void OtherName(GrammarState names)
    {
        var (rest, escape, after) = (_builder.State(isFinal: true), _builder.State(isFinal: true), _builder.State(isFinal: true));
        rest.AddByte(0, (byte)('"' - 1), rest);
        rest.AddByte((byte)'"', (byte)'"', after);
        rest.AddByte((byte)('"' + 1), (byte)('\\' - 1), rest);
        rest.AddByte((byte)'\\', (byte)'\\', escape);
        rest.AddByte((byte)('\\' + 1), 255, rest);
        escape.AddByte(0, 255, rest);
        Diverge(names, rest, escape, after);

        // Another key than arguments.
        var (key, keys) = (_builder.State(isFinal: true), _builder.State(isFinal: true));
        Step(after, ',', key);
        Step(key, '"', keys);
        foreach (var name in ArgumentKeys) AddToTrie(keys, name);
        Diverge(keys, Start, Start, Start);
    }

    private static void Diverge(GrammarState root, GrammarState rest, GrammarState escape, GrammarState after)
    {
        var open = new Stack<GrammarState>([root]);
        while (open.TryPop(out var state))
        {
            GrammarEdge[] children = [.. state.Edges];
            children = Array.FindAll(children, edge => edge.IsByte);
            foreach (var child in children) open.Push(child.Target);

            // A state without children is behind the closing quote of a name: nothing else follows.
            if (children.Length == 0) continue;
            for (var b = 0; b < 256; b++)
                if (Array.TrueForAll(children, child => child.Low != b)) state.AddByte((byte)b, (byte)b, b == '"' ? after : b == '\\' ? escape : rest);
        }
    }

    // Names share the states of their common beginnings.
    private GrammarState AddToTrie(GrammarState root, ReadOnlySpan<byte> text)
    {
        var state = root;
        foreach (var b in text)
        {
            GrammarState? next = null;
            foreach (var edge in state.Edges)
                if (edge.IsByte && edge.Low == b) next = edge.Target;
            state = next ?? _builder.Byte(state, b);
        }

        return state;
    }
}
