using System.Text.Json;
using Gemma.Json;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Reads JSON strings whatever they hold: half a surrogate pair becomes U+FFFD.</summary>
internal static class JsonStrings
{
    public static string Read(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return LoneSurrogates.Replace(JsonEscapes.Decode(element.GetRawText().AsSpan()[1..^1]));
        }
    }

    public static string ReadName(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }
}
