using System.Text.Json;
using Gemma.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>The functions offered to the model, by name. Not for several threads: a response has its own.</summary>
internal sealed class ToolNames
{
    private readonly Dictionary<string, AIFunctionDeclaration> _functions = [];

    // Of the functions that were called: mending a schema reads it as a whole.
    private readonly Dictionary<string, JsonElement?> _properties = [];

    /// <summary>Collects the functions; of several with one name the first counts.</summary>
    public ToolNames(IEnumerable<AIFunctionDeclaration> functions)
    {
        foreach (var function in functions) _functions.TryAdd(function.Name, function);
    }

    /// <summary>Whether a function of this name was offered.</summary>
    public bool Contains(string name) => _functions.ContainsKey(name);

    /// <summary>Whether the text is the beginning of an offered name.</summary>
    public bool IsPrefix(ReadOnlySpan<char> text)
    {
        foreach (var name in _functions.Keys)
            if (name.StartsWith(text, StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>The names of the function's parameters in the order of their declaration, empty for an unknown function.</summary>
    public IReadOnlyList<string> Parameters(string name) =>
        Properties(name) is { } properties ? [.. properties.EnumerateObject().Select(property => property.Name)] : [];

    /// <summary>The type that a parameter is declared with, or null.</summary>
    public string? Type(string name, string parameter) =>
        Properties(name) is { } properties && properties.TryGetProperty(parameter, out var schema) && schema.ValueKind == JsonValueKind.Object
        && schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
            ? type.GetString()
            : null;

    private JsonElement? Properties(string name)
    {
        if (_properties.TryGetValue(name, out var known)) return known;
        return _properties[name] = _functions.TryGetValue(name, out var function) && function.JsonSchema is { ValueKind: JsonValueKind.Object } schema
            && LoneSurrogates.Replace(schema).TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
                ? properties
                : null;
    }
}
