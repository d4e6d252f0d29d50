using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>What a schema says of one value of a call, as far as loosely written values need it.</summary>
/// <param name="schema">The value's schema, or null if there is none.</param>
internal readonly struct ValueSchema(JsonElement? schema)
{
    /// <summary>Whether a text is the value as it stands, whatever else it looks like.</summary>
    public bool IsText(string word) => Has("string") && !Means(word);

    /// <summary>Whether a text between marks is a number or a truth value: the schema says so, and it looks like one.</summary>
    public bool IsOther(string word) => !Has("string") && Means(word);

    /// <summary>Whether the value is true or false.</summary>
    public bool IsFlag => Has("boolean");

    /// <summary>A member of the value.</summary>
    public ValueSchema Member(string name) => new(Of("properties") is { } members ? Of(members, name) : null);

    /// <summary>An item of the value.</summary>
    public ValueSchema Item() => new(Of("items"));

    private bool Means(string word) => (Has("integer") && BigInteger.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
        || (Has("number") && double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        || (Has("boolean") && word is "true" or "false");

    // One type, one of several, or a type of one of the alternatives.
    private bool Has(string type)
    {
        if (Of("type") is { } known) return Names(known);
        foreach (var key in (ReadOnlySpan<string>)["anyOf", "oneOf"])
            if (Of(key) is { ValueKind: JsonValueKind.Array } several) return several.EnumerateArray().Any(one => Of(one, "type") is { } its && Names(its));
        return false;

        bool Names(JsonElement types) => types.ValueKind == JsonValueKind.Array
            ? types.EnumerateArray().Any(Names)
            : types.ValueKind == JsonValueKind.String && types.ValueEquals(type);
    }

    private JsonElement? Of(string key) => schema is { } value ? Of(value, key) : null;

    private static JsonElement? Of(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(key, out var found) ? found : null;
}
