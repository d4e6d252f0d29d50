using System.Text.Json;
using Gemma.Server.Http;

namespace Gemma.Server.Responses;

/// <summary>The request's fields that an answer repeats, with the API's defaults for those that were not sent.</summary>
internal static class ResponseEcho
{
    public static void Write(Utf8JsonWriter json, ResponseRequest request)
    {
        var body = request.Body;
        Repeat(json, body, "instructions", static json => json.WriteNullValue());
        Repeat(json, body, "max_output_tokens", static json => json.WriteNullValue());
        Repeat(json, body, "metadata", WriteEmptyObject);
        Repeat(json, body, "parallel_tool_calls", static json => json.WriteBooleanValue(true));
        json.WriteNull("previous_response_id");
        json.WriteStartObject("reasoning");
        json.WriteNull("effort");
        json.WriteNull("summary");
        json.WriteEndObject();
        json.WriteBoolean("store", false);
        Repeat(json, body, "temperature", static json => json.WriteNullValue());
        Repeat(json, body, "text", WriteText);
        Repeat(json, body, "tool_choice", static json => json.WriteStringValue("auto"));
        Repeat(json, body, "tools", WriteEmptyArray);
        Repeat(json, body, "top_p", static json => json.WriteNullValue());
        json.WriteString("truncation", "disabled");
        json.WriteNull("user");
    }

    private static void Repeat(Utf8JsonWriter json, BodyObject body, string name, Action<Utf8JsonWriter> writeDefault)
    {
        json.WritePropertyName(name);
        if (body.Find(name) is { } value) value.WriteTo(json);
        else writeDefault(json);
    }

    private static void WriteEmptyObject(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteEndObject();
    }

    private static void WriteEmptyArray(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("format");
        json.WriteString("type", "text");
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
