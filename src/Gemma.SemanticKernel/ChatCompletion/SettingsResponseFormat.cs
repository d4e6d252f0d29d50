using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma.SemanticKernel;

/// <summary>Reads the forms in which <see cref="GemmaPromptExecutionSettings.ResponseFormat"/> may be given.</summary>
internal static class SettingsResponseFormat
{
    /// <summary>The format, or null if none is given.</summary>
    /// <exception cref="ArgumentException">It is none of the forms.</exception>
    public static ChatResponseFormat? Read(object? value) => value switch
    {
        null or JsonElement { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        ChatResponseFormat format => format,
        Type type => ChatResponseFormat.ForJsonSchema(TypeSchema.Create(type), type.Name),
        string word => Read(word),
        JsonElement { ValueKind: JsonValueKind.String } word => Read(word.GetString()!),
        JsonElement { ValueKind: JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False } schema => ChatResponseFormat.ForJsonSchema(schema),
        JsonDocument document => Read(document.RootElement),
        JsonNode node => Read(JsonElement.Parse(node.ToJsonString())),
        _ => throw Refusal(value is JsonElement element ? element.GetRawText() : value.GetType().FullName!),
    };

    /// <summary>The format as prompt files write it.</summary>
    public static JsonElement Write(object? value) => Read(value) switch
    {
        null => JsonElement.Parse("null"),
        ChatResponseFormatJson { Schema: { } schema } => schema,
        ChatResponseFormatJson => JsonElement.Parse("\"json_object\""),
        _ => JsonElement.Parse("\"text\""),
    };

    private static ChatResponseFormat Read(string word) => word switch
    {
        "text" => ChatResponseFormat.Text,
        "json_object" => ChatResponseFormat.Json,
        _ => throw Refusal($"'{word}'"),
    };

    private static ArgumentException Refusal(string form) =>
        new($"The response format {form} is not supported: use \"text\", \"json_object\", a type, a JSON schema, or OpenAI's envelope "
            + $"{{\"type\":\"json_schema\",\"json_schema\":{{\"schema\":…}}}}.");
}
