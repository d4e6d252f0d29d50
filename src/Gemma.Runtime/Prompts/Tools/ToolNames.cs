using System.Text.Json;
using Gemma.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>The functions offered to the model, by name. Not for several threads: a response has its own.</summary>
internal sealed class ToolNames
{
    private readonly Dictionary<string, AIFunctionDeclaration> _functions = [];

    // Of the functions that were called: mending a schema reads it as a whole.
    private readonly Dictionary<string, JsonElement?> _schemas = [];

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

    /// <summary>The schema of the function's parameters, or null.</summary>
    public JsonElement? Schema(string name)
    {
        if (_schemas.TryGetValue(name, out var known)) return known;
        return _schemas[name] = _functions.TryGetValue(name, out var function) && function.JsonSchema is { ValueKind: JsonValueKind.Object } schema
            ? LoneSurrogates.Replace(schema)
            : null;
    }

    private JsonElement? Properties(string name) =>
        Schema(name) is { } schema && schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            ? properties
            : null;
}
