using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Gemma.Json;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Chat;

/// <summary>
/// Reads generation settings from loose properties, named as in transformers' <c>generation_config.json</c>. Numbers come as any number type, as text or as
/// JSON, because they often went through a JSON round trip; other keys belong to somebody else and are ignored. OpenAI's <c>logprobs</c>, <c>top_logprobs</c>,
/// <c>logit_bias</c> and <c>n</c> are read too.
/// </summary>
internal static class ChatOptionProperties
{
    private const string Texts = "stop_strings";

    /// <summary>The settings among the properties, and how many alternatives to report with each token's log-probability.</summary>
    /// <exception cref="InvalidGenerationConfigException">A setting has a value of a wrong type.</exception>
    public static (GenerationConfig Config, int? Alternatives) Read(IEnumerable<KeyValuePair<string, object?>>? properties)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (key, value) in properties ?? [])
            {
                if (!GenerationConfigReader.Knows(key) && !OpenAIProperties.Knows(key)) continue;
                if (value is JsonElement element) Ensure(key, element);
                json.WritePropertyName(key);
                LooseJson.Write(json, key == Texts ? value : Parsed(value));
            }

            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        var config = GenerationConfigReader.Read(document.RootElement, ignoreUnknown: true);
        return (OpenAIProperties.Apply(config, document.RootElement), OpenAIProperties.Alternatives(document.RootElement));
    }

    private static void Ensure(string key, JsonElement element)
    {
        try
        {
            WellFormedJson.Check(element);
        }
        catch (JsonException e)
        {
            throw new InvalidGenerationConfigException(key, e.Message);
        }
    }

    // The number or flag that a text means, or the value itself.
    private static object? Parsed(object? value)
    {
        if ((value is JsonElement { ValueKind: JsonValueKind.String } element ? element.GetString() : value as string) is not { } text) return value;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)) return number;
        return bool.TryParse(text, out var flag) ? flag : text;
    }
}
