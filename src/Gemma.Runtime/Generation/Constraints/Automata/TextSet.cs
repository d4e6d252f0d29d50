namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>The texts that an object's names or an array's items have had so far: a list that shares its tails. Immutable.</summary>
internal sealed class TextSet(string text, TextSet? others) : IEquatable<TextSet>
{
    private readonly int _hash = HashCode.Combine(text, others);

    /// <summary>Whether a text is in a set.</summary>
    public static bool Contains(TextSet? set, string text)
    {
        for (; set is not null; set = set.Others)
            if (set.Text == text) return true;
        return false;
    }

    /// <summary>How many texts of a set begin with a text.</summary>
    public static int CountPrefix(TextSet? set, string prefix)
    {
        var count = 0;
        for (; set is not null; set = set.Others)
            if (set.Text.StartsWith(prefix, StringComparison.Ordinal)) count++;
        return count;
    }

    private string Text => text;

    private TextSet? Others => others;

    /// <inheritdoc/>
    public bool Equals(TextSet? other)
    {
        for (var own = this; own is not null && other is not null; (own, other) = (own.Others, other.Others))
        {
            if (ReferenceEquals(own, other)) return true;
            if (own._hash != other._hash || own.Text != other.Text) return false;
            if (own.Others is null && other.Others is null) return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TextSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;
}
