using System.Text;
using System.Text.Json;
using Gemma.Server.Http;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>A call as OpenAI writes it: its arguments are a string that holds JSON.</summary>
internal static class ToolCallJson
{
    /// <summary>Writes a call; in a stream with its index.</summary>
    public static void Write(Utf8JsonWriter json, FunctionCallContent call, int? index)
    {
        json.WriteStartObject();
        if (index is { } number) json.WriteNumber("index", number);
        json.WriteString("id", call.CallId);
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", call.Name);
        json.WriteString("arguments", Arguments(call));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A call's arguments as a text.</summary>
    public static string Arguments(FunctionCallContent call) => Encoding.UTF8.GetString(JsonAnswer.Serialize(json => WriteArguments(json, call)).WrittenSpan);

    /// <summary>A call's arguments as an object.</summary>
    public static void WriteArguments(Utf8JsonWriter json, FunctionCallContent call)
    {
        json.WriteStartObject();
        foreach (var (name, value) in call.Arguments ?? new Dictionary<string, object?>())
        {
            json.WritePropertyName(name);
            WriteValue(json, value);
        }

        json.WriteEndObject();
    }

    // The parser of calls yields JSON's own values; a middleware may have put others in their place.
    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case JsonElement element: element.WriteTo(json); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int or long or short or byte: json.WriteNumberValue(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture)); break;
            case double number: json.WriteNumberValue(number); break;
            default: json.WriteStringValue(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)); break;
        }
    }
}
