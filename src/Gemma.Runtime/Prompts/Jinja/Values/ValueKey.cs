using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>How dictionaries compare keys: as Python does, by value, with 1, 1.0 and True the same.</summary>
internal sealed class ValueKey : IEqualityComparer<JinjaValue>
{
    public static readonly ValueKey Comparer = new();

    /// <summary>Refuses a value that cannot be a key.</summary>
    /// <exception cref="JinjaException">It is a list or a dictionary, or holds one.</exception>
    public static void Check(JinjaValue key)
    {
        if (!IsHashable(key)) throw new JinjaException($"unhashable type: '{key.TypeName}'");
    }

    /// <summary>Whether a value can be a key.</summary>
    public static bool IsHashable(JinjaValue key) => key switch
    {
        DictValue => false,
        ListValue { IsTuple: false } => false,
        ListValue tuple => tuple.Items.TrueForAll(IsFlat),
        _ => true,
    };

    public bool Equals(JinjaValue? x, JinjaValue? y) => (x, y) switch
    {
        (TextValue left, TextValue right) => left.Length == right.Length && left.Flat == right.Flat,
        (ListValue { IsTuple: true } left, ListValue { IsTuple: true } right) => left.Items.SequenceEqual(right.Items, this),
        (UndefinedValue, UndefinedValue) => true,
        (null, _) or (_, null) => false,
        _ => ReferenceEquals(x, y) || (ValueNumber.Of(x) is { } number && ValueNumber.Of(y) is { } other && number.Equals(other)),
    };

    public int GetHashCode(JinjaValue obj) => obj switch
    {
        TextValue text => text.Flat.GetHashCode(StringComparison.Ordinal),
        ListValue tuple => tuple.Items.Count,
        UndefinedValue => 1,
        _ => ValueNumber.Of(obj) is { } number ? number.GetHashCode() : 2,
    };

    // Deeper tuples are no keys here: nobody needs them, and their depth need not be watched.
    private static bool IsFlat(JinjaValue value) => value is not (DictValue or ListValue);
}
