using System.Text.Json;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Writes a function's JSON schema as Gemma has seen it: without the keywords that say nothing to the model. Only keywords are dropped; a parameter that is
/// called <c>title</c> stays.
/// </summary>
internal static class ToolSchema
{
    /// <summary>
    /// Writes the schema of a function's parameters, an object; a missing or non-object schema becomes that of a function without parameters.
    /// </summary>
    public static void WriteParameters(Utf8JsonWriter writer, JsonElement schema)
    {
        writer.WriteStartObject();
        var isObject = schema.ValueKind == JsonValueKind.Object;
        if (!isObject || !schema.TryGetProperty("type", out _)) writer.WriteString("type", "object");
        if (!isObject || !schema.TryGetProperty("properties", out _))
        {
            writer.WriteStartObject("properties");
            writer.WriteEndObject();
        }

        // The description of the whole is the function's own, which stands beside it.
        if (isObject)
        {
            foreach (var property in schema.EnumerateObject())
                if (!property.NameEquals("description") && !IsNoise(property.Name)) WriteKeyword(writer, property);
        }

        writer.WriteEndObject();
    }

    private static bool IsNoise(string keyword) => keyword is "$schema" or "title" or "additionalProperties" or "default" or "condition";

    private static void WriteKeyword(Utf8JsonWriter writer, JsonProperty keyword)
    {
        writer.WritePropertyName(keyword.Name);
        switch (keyword.Name)
        {
            case "properties" or "patternProperties" or "$defs" or "definitions" or "dependentSchemas" when keyword.Value.ValueKind == JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in keyword.Value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    WriteSchema(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case "anyOf" or "oneOf" or "allOf" or "prefixItems" when keyword.Value.ValueKind == JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var member in keyword.Value.EnumerateArray()) WriteSchema(writer, member);
                writer.WriteEndArray();
                break;
            case "items" or "contains" or "not" or "if" or "then" or "else" or "propertyNames":
                WriteSchema(writer, keyword.Value);
                break;
            default:
                keyword.Value.WriteTo(writer);
                break;
        }
    }

    private static void WriteSchema(Utf8JsonWriter writer, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var property in schema.EnumerateObject())
            if (!IsNoise(property.Name)) WriteKeyword(writer, property);
        writer.WriteEndObject();
    }
}
