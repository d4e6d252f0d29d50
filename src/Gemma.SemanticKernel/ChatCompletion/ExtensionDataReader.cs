using System.Buffers;
using System.Text.Json;
using Gemma.Runtime.Chat;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel;

/// <summary>Reads settings without a type of their own: what their keys name, as boxed numbers, lists, dictionaries or JSON.</summary>
internal static class ExtensionDataReader
{
    private static readonly HashSet<string> Keys =
        ["temperature", "top_p", "top_k", "min_p", "repetition_penalty", "frequency_penalty", "presence_penalty", "max_tokens", "seed", "stop_sequences",
            "chat_system_prompt", "response_format"];

    /// <summary>The settings; keys that they do not have stay in their extension data.</summary>
    /// <exception cref="ArgumentException">A value has a wrong type; the message names its key.</exception>
    public static GemmaPromptExecutionSettings Read(PromptExecutionSettings settings)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var others = new Dictionary<string, object>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (key, value) in settings.ExtensionData ?? new Dictionary<string, object>())
            {
                if (!Keys.Contains(key))
                {
                    others.Add(key, value);
                    continue;
                }

                json.WritePropertyName(key);
                LooseJson.Write(json, value);
            }

            json.WriteEndObject();
        }

        try
        {
            var converted = JsonSerializer.Deserialize(buffer.WrittenSpan, GemmaSettingsJsonContext.Default.GemmaPromptExecutionSettings)!;
            (converted.ServiceId, converted.ModelId, converted.FunctionChoiceBehavior) = (settings.ServiceId, settings.ModelId,
                settings.FunctionChoiceBehavior);
            if (others.Count > 0) converted.ExtensionData = others;
            return converted;
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The execution settings do not fit GemmaPromptExecutionSettings at '{e.Path}'.", nameof(settings), e);
        }
    }
}
