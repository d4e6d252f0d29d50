namespace Gemma.Runtime.Generation.Constraints;

/// <summary>Names of properties other than the declared ones, so that no property is written twice. They have no escapes, with which a declared name could be spelt.</summary>
internal static class OtherNames
{
    /// <summary>The rule.</summary>
    /// <param name="builder">Makes the states.</param>
    /// <param name="declared">The declared names as JSON strings.</param>
    public static GrammarRule Rule(GrammarBuilder builder, IEnumerable<byte[]> declared)
    {
        var other = builder.State();
        var end = builder.State(isFinal: true);
        other.Bytes.AddRange([((byte)'"', (byte)'"', end), (0x20, 0x21, other), (0x23, 0x5B, other), (0x5D, 0x7F, other)]);
        other.FreeText = GrammarBuilder.Unlimited;
        JsonCharacters.AddMultiByte(builder, other, other, other, null);

        var start = builder.State();
        var names = builder.Byte(start, (byte)'"', (byte)'"');
        foreach (var name in declared) builder.AddToTrie(names, name.AsSpan(1..^1));
        List<byte[]> ends = [.. declared.Select(name => name[1..^1])];
        Diverge(builder, names, [], ends, other, end);
        return new GrammarRule(start, isContainer: false);
    }

    // At each state of the tree of names: leave it by another character, or end where no name ends.
    private static void Diverge(GrammarBuilder builder, GrammarState state, byte[] path, List<byte[]> names, GrammarState other, GrammarState end)
    {
        var children = state.Bytes.ToArray();
        foreach (var (b, _, child) in children) Diverge(builder, child, [.. path, b], names, other, end);

        // Inside a character, or after a backslash, only the names' own way leads on.
        var isInside = children.Any(child => child.Low is >= 0x80 and < 0xC0) || path.Contains((byte)'\\');
        if (isInside) return;
        bool IsTaken(byte b) => children.Any(child => child.Low == b);
        for (byte b = 0x20; b < 0x80; b++)
            if (b is not ((byte)'"' or (byte)'\\') && !IsTaken(b)) state.Bytes.Add((b, b, other));
        JsonCharacters.AddMultiByte(builder, state, other, other, IsTaken);
        if (!names.Exists(name => name.AsSpan().SequenceEqual(path))) state.Bytes.Add(((byte)'"', (byte)'"', end));
    }
}
