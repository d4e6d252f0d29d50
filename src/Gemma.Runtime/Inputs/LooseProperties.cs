using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Inputs;

/// <summary>Reads single values of <c>AdditionalProperties</c>, which are JSON where the options went through a JSON round trip.</summary>
internal static class LooseProperties
{
    /// <summary>A flag, or null where it is not set.</summary>
    /// <param name="properties">The properties, or null.</param>
    /// <param name="name">The property.</param>
    /// <param name="owner">The options' type, for messages.</param>
    /// <exception cref="ArgumentException">The value is no flag.</exception>
    public static bool? Flag(AdditionalPropertiesDictionary? properties, string name, string owner) => properties?.GetValueOrDefault(name) switch
    {
        null or JsonElement { ValueKind: JsonValueKind.Null } => null,
        bool flag => flag,
        JsonElement { ValueKind: JsonValueKind.True } => true,
        JsonElement { ValueKind: JsonValueKind.False } => false,
        string text when bool.TryParse(text, out var flag) => flag,
        JsonElement { ValueKind: JsonValueKind.String } json when bool.TryParse(json.GetString(), out var flag) => flag,
        var other => throw new ArgumentException($"{owner}.AdditionalProperties[\"{name}\"] must be true or false, not '{other}'."),
    };

    /// <summary>A text, or null where it is not set. Parameters are those of <see cref="Flag"/>.</summary>
    /// <exception cref="ArgumentException">The value is no text.</exception>
    public static string? Text(AdditionalPropertiesDictionary? properties, string name, string owner) => properties?.GetValueOrDefault(name) switch
    {
        null or JsonElement { ValueKind: JsonValueKind.Null } => null,
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString(),
        var other => throw new ArgumentException($"{owner}.AdditionalProperties[\"{name}\"] must be a text, not '{other}'."),
    };
}
