using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>The functions offered to the model, by name.</summary>
internal sealed class ToolNames
{
    private readonly Dictionary<string, AIFunctionDeclaration> _functions = [];

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
        _functions.TryGetValue(name, out var function) && function.JsonSchema is { ValueKind: JsonValueKind.Object } schema
        && schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            ? [.. properties.EnumerateObject().Select(property => property.Name)]
            : [];
}
