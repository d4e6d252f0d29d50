using Gemma.Server.Http;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>Reads <c>response_format</c>. A schema is enforced token by token; one that cannot be is refused.</summary>
internal static class ResponseFormatReader
{
    public static ChatResponseFormat? Read(BodyObject body)
    {
        if (body.Object("response_format") is not { } format) return null;
        var type = format.RequiredText("type");
        switch (type)
        {
            case "text":
                return ChatResponseFormat.Text;
            case "json_object":
                return ChatResponseFormat.Json;
            case "json_schema":
                var envelope = format.Object("json_schema") ?? throw ApiException.Invalid(format.Key("json_schema"), $"'{format.Key("json_schema")}' is missing.");
                var schema = envelope.Object("schema") ?? throw ApiException.Invalid(envelope.Key("schema"), $"'{envelope.Key("schema")}' is missing.");
                return ChatResponseFormat.ForJsonSchema(schema.Element.Clone(), envelope.Text("name"), envelope.Text("description"));
            default:
                throw ApiException.Invalid(format.Key("type"), $"The format '{type}' is unknown: use text, json_object or json_schema.");
        }
    }
}
