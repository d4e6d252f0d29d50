using System.Text.Json;

namespace Gemma.Cli.Infrastructure;

/// <summary>An object of JSON Lines input; errors name its line.</summary>
/// <param name="Number">The line, from 1.</param>
/// <param name="Element">The object.</param>
internal readonly record struct JsonLine(int Number, JsonElement Element)
{
    /// <summary>A property that is there and not null.</summary>
    public JsonElement? Find(string name) => Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A string property, or null.</summary>
    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => JsonText.Read(value),
        _ => throw Error(name, "a string is expected"),
    };

    /// <summary>A Boolean property.</summary>
    public bool Flag(string name, bool defaultValue) => Find(name) switch
    {
        null => defaultValue,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Error(name, "true or false is expected"),
    };

    /// <summary>A list of token ids, or null.</summary>
    public int[]? Ids(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array) throw Error(name, "a list of token ids is expected");
        var line = this;
        return [.. value.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id)
                ? id
                : throw line.Error(name, "a list of token ids is expected"))];
    }

    /// <summary>The error for a property of this line.</summary>
    public UsageException Error(string name, string problem) => new($"line {Number}: {name}: {problem}.");
}
