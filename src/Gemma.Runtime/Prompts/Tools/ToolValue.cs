using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Gemma.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Turns arguments and results, which are any objects, into JSON.</summary>
internal static class ToolValue
{
    /// <summary>What is said of a result that JSON cannot hold. Short and plain: small models answer an error that they understand.</summary>
    public const string Unwritable = "the result could not be written";

    private static readonly JsonElement Null = JsonElement.Parse("null");

    /// <summary>
    /// The value as JSON: JSON and text as they are, other values through <see cref="AIJsonUtilities.DefaultOptions"/>, a type that these cannot write (under
    /// Native AOT) by its <see cref="object.ToString"/>.
    /// </summary>
    public static JsonElement ToJson(object? value) => value switch
    {
        null => Null,
        JsonElement { ValueKind: JsonValueKind.Undefined } => Null,
        JsonElement element => LoneSurrogates.Replace(element),
        string text => FromText(text),
        TextContent content => FromText(content.Text),
        IEnumerable<AIContent> contents => FromText(string.Concat(contents.OfType<TextContent>())),
        _ when AIJsonUtilities.DefaultOptions.TryGetTypeInfo(value.GetType(), out var type) => JsonSerializer.SerializeToElement(value, type),
        _ => FromText(value.ToString() ?? string.Empty),
    };

    /// <summary>The value as JSON, or why it has none: not a number, a stream, a list that holds itself.</summary>
    public static bool TryToJson(object? value, out JsonElement json, [NotNullWhen(false)] out Exception? problem)
    {
        try
        {
            (json, problem) = (ToJson(value), null);
            return true;
        }
        catch (Exception e)
        {
            // Properties are anybody's code, which may throw anything.
            (json, problem) = (Null, e);
            return false;
        }
    }

    private static JsonElement FromText(string text) =>
        JsonSerializer.SerializeToElement(LoneSurrogates.Replace(text), AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(string)));
}
