using System.Text;
using System.Text.Json;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Writes JSON on one line with a space after <c>:</c> and <c>,</c>, as Gemma writes its calls.</summary>
internal static class SpacedJson
{
    /// <summary>Appends a value whose strings are well-formed.</summary>
    public static void Append(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var separator = "{";
                foreach (var property in value.EnumerateObject())
                {
                    AppendString(text.Append(separator), property.Name);
                    Append(text.Append(": "), property.Value);
                    separator = ", ";
                }

                text.Append(separator == "{" ? "{}" : "}");
                break;
            case JsonValueKind.Array:
                var opening = "[";
                foreach (var item in value.EnumerateArray())
                {
                    Append(text.Append(opening), item);
                    opening = ", ";
                }

                text.Append(opening == "[" ? "[]" : "]");
                break;
            case JsonValueKind.String:
                AppendString(text, value.GetString()!);
                break;
            case JsonValueKind.Undefined:
                text.Append("null");
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    /// <summary>Appends a string with its quotes; only what JSON demands is escaped.</summary>
    public static void AppendString(StringBuilder text, string value) => text.Append('"').Append(PlainJsonEncoder.Instance.Encode(value)).Append('"');
}
