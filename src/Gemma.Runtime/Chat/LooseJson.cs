using System.Collections;
using System.Globalization;
using System.Text.Json;
using Gemma.Json;

namespace Gemma.Runtime.Chat;

/// <summary>
/// Writes option values as JSON: any number type, text, lists, dictionaries and JSON itself, because options often went through a JSON round trip or through
/// boxes.
/// </summary>
internal static class LooseJson
{
    private const int MaxDepth = 16;

    /// <summary>Writes a value; one that has no form in JSON is written as an object with its type's name, which no option takes.</summary>
    public static void Write(Utf8JsonWriter json, object? value, int depth = 0)
    {
        switch (value)
        {
            case null or JsonElement { ValueKind: JsonValueKind.Undefined }:
                json.WriteNullValue();
                break;
            case JsonElement { ValueKind: JsonValueKind.Number } element:
                if (element.TryGetInt64(out var whole)) json.WriteNumberValue(whole);
                else WriteNumber(json, element.GetDouble());
                break;
            case JsonElement { ValueKind: JsonValueKind.Array } element:
                WriteItems(json, element.EnumerateArray(), depth);
                break;
            case JsonElement element:
                LoneSurrogates.Replace(element).WriteTo(json);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case string text:
                json.WriteStringValue(LoneSurrogates.Replace(text));
                break;
            case ulong number:
                json.WriteNumberValue(number);
                break;
            case long or int or short or byte or sbyte or uint or ushort:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case float single:
                WriteNumber(json, double.Parse(single.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
                break;
            case double or decimal:
                WriteNumber(json, Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case IDictionary members when depth < MaxDepth:
                json.WriteStartObject();
                foreach (DictionaryEntry member in members)
                {
                    json.WritePropertyName(LoneSurrogates.Replace(Convert.ToString(member.Key, CultureInfo.InvariantCulture) ?? string.Empty));
                    Write(json, member.Value, depth + 1);
                }

                json.WriteEndObject();
                break;
            case IEnumerable items when depth < MaxDepth:
                WriteItems(json, items, depth);
                break;
            default:
                json.WriteStartObject();
                json.WriteNull(value.GetType().Name);
                json.WriteEndObject();
                break;
        }
    }

    private static void WriteItems(Utf8JsonWriter json, IEnumerable items, int depth)
    {
        json.WriteStartArray();
        foreach (var item in items) Write(json, item, depth + 1);
        json.WriteEndArray();
    }

    // 50.0 is the integer 50 after a round trip through double.
    private static void WriteNumber(Utf8JsonWriter json, double number)
    {
        if (!double.IsFinite(number)) json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
        else if (number == Math.Truncate(number) && Math.Abs(number) < 1L << 53) json.WriteNumberValue((long)number);
        else json.WriteNumberValue(number);
    }
}
