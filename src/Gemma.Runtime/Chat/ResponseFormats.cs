using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>Reads response formats in OpenAI's envelope, as connectors and prompt files hand them on: its types are none of JSON Schema's.</summary>
internal static class ResponseFormats
{
    /// <summary>What a format means.</summary>
    /// <exception cref="ArgumentException">The envelope has no schema.</exception>
    public static ChatResponseFormat? Unwrap(ChatResponseFormat? format) =>
        format is ChatResponseFormatJson { Schema: { ValueKind: JsonValueKind.Object } schema } ? Unwrap(schema, format) : format;

    private static ChatResponseFormat Unwrap(JsonElement schema, ChatResponseFormat format)
    {
        if (!schema.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String) return format;
        if (type.ValueEquals("text")) return ChatResponseFormat.Text;
        if (type.ValueEquals("json_object")) return ChatResponseFormat.Json;
        if (!type.ValueEquals("json_schema")) return format;
        if (schema.TryGetProperty("json_schema", out var envelope)
            && envelope.ValueKind == JsonValueKind.Object
            && envelope.TryGetProperty("schema", out var inner)) return ChatResponseFormat.ForJsonSchema(inner);
        if (schema.TryGetProperty("schema", out inner)) return ChatResponseFormat.ForJsonSchema(inner);
        throw new ArgumentException("The response format is of type 'json_schema' and has no 'json_schema' with a 'schema'.");
    }
}
