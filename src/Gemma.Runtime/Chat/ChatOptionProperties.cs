using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Gemma.Runtime.Models;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>
/// Reads generation settings from loose properties, named as in transformers' <c>generation_config.json</c>. Numbers come as any number type, as text or as JSON, because
/// they often went through a JSON round trip; other keys belong to somebody else and are ignored.
/// </summary>
internal static class ChatOptionProperties
{
    public static GenerationConfig Read(AdditionalPropertiesDictionary? properties)
    {
        if (properties is null || properties.Count == 0) return new GenerationConfig();
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (key, value) in properties) Write(json, key, value);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return GenerationConfigReader.Read(document.RootElement, ignoreUnknown: true);
    }

    private static void Write(Utf8JsonWriter json, string key, object? value)
    {
        switch (value)
        {
            case JsonElement { ValueKind: JsonValueKind.Number } element:
                WriteNumber(json, key, element.GetDouble());
                break;
            case JsonElement { ValueKind: JsonValueKind.String } element:
                Write(json, key, element.GetString());
                break;
            case JsonElement { ValueKind: not JsonValueKind.Undefined } element:
                json.WritePropertyName(key);
                element.WriteTo(json);
                break;
            case bool flag:
                json.WriteBoolean(key, flag);
                break;
            case string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number):
                WriteNumber(json, key, number);
                break;
            case long or int or short or byte or sbyte or uint or ushort:
                json.WriteNumber(key, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case float single:
                WriteNumber(json, key, double.Parse(single.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
                break;
            case double or decimal:
                WriteNumber(json, key, Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case IEnumerable<int> list:
                json.WriteStartArray(key);
                foreach (var id in list) json.WriteNumberValue(id);
                json.WriteEndArray();
                break;
            case IEnumerable<IEnumerable<int>> lists:
                json.WriteStartArray(key);
                foreach (var ids in lists)
                {
                    json.WriteStartArray();
                    foreach (var id in ids) json.WriteNumberValue(id);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
                break;
        }
    }

    // 50.0 is the integer 50 after a round trip through double.
    private static void WriteNumber(Utf8JsonWriter json, string key, double number)
    {
        if (!double.IsFinite(number)) throw new ArgumentOutOfRangeException(key, number, $"The property '{key}' is not a finite number.");
        if (number == Math.Truncate(number) && Math.Abs(number) < 1L << 53) json.WriteNumber(key, (long)number);
        else json.WriteNumber(key, number);
    }
}
