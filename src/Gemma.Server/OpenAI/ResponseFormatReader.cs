using Gemma.Server.Errors;
using Gemma.Server.Http;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>Reads the form that an answer must have. A schema is enforced token by token; one that cannot be is refused.</summary>
internal static class ResponseFormatReader
{
    /// <summary>The form.</summary>
    /// <param name="given">The request's object, or null without one.</param>
    /// <param name="isFlat">Whether the schema stands in the object itself, as in the Responses API.</param>
    public static ChatResponseFormat? Read(BodyObject? given, bool isFlat = false)
    {
        if (given is not { } format) return null;
        var type = format.RequiredText("type");
        switch (type)
        {
            case "text":
                return ChatResponseFormat.Text;
            case "json_object":
                return ChatResponseFormat.Json;
            case "json_schema":
                var envelope = isFlat
                    ? format
                    : format.Object("json_schema") ?? throw ApiException.Invalid(format.Key("json_schema"), $"'{format.Key("json_schema")}' is missing.");
                var schema = envelope.Object("schema") ?? throw ApiException.Invalid(envelope.Key("schema"), $"'{envelope.Key("schema")}' is missing.");
                return ChatResponseFormat.ForJsonSchema(schema.Element.Clone(), envelope.Text("name"), envelope.Text("description"));
            default:
                throw ApiException.Invalid(format.Key("type"), $"The format '{type}' is unknown: use text, json_object or json_schema.");
        }
    }
}
