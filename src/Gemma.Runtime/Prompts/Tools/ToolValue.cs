using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Turns arguments and results, which are any objects, into JSON.</summary>
internal static class ToolValue
{
    private static readonly JsonElement Null = JsonElement.Parse("null");

    /// <summary>The value as JSON: JSON and text as they are, other values through <see cref="AIJsonUtilities.DefaultOptions"/>, a type that these cannot write (under Native AOT) by its <see cref="object.ToString"/>.</summary>
    public static JsonElement ToJson(object? value) => value switch
    {
        null => Null,
        JsonElement { ValueKind: JsonValueKind.Undefined } => Null,
        JsonElement element => element,
        string text => FromText(text),
        TextContent content => FromText(content.Text),
        IEnumerable<AIContent> contents => FromText(string.Concat(contents.OfType<TextContent>())),
        _ when AIJsonUtilities.DefaultOptions.TryGetTypeInfo(value.GetType(), out var type) => JsonSerializer.SerializeToElement(value, type),
        _ => FromText(value.ToString() ?? string.Empty),
    };

    private static JsonElement FromText(string text) => JsonSerializer.SerializeToElement(text, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(string)));
}
