using System.Text;
using System.Text.Json;
using Gemma.Runtime.Prompts.Tools;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>How values are written.</summary>
internal static class JsonText
{
    /// <summary>A string with its quotes.</summary>
    public static string Of(string text)
    {
        var json = new StringBuilder();
        SpacedJson.AppendString(json, text);
        return json.ToString();
    }

    /// <summary>A value with a space after <c>:</c> and <c>,</c>, and one without.</summary>
    public static IEnumerable<string> Spellings(JsonElement value)
    {
        var spaced = new StringBuilder();
        SpacedJson.Append(spaced, value);
        yield return spaced.ToString();
        if (value.ValueKind is JsonValueKind.Object or JsonValueKind.Array) yield return JsonSerializer.Serialize(value, SchemaJsonContext.Default.JsonElement);
    }
}
