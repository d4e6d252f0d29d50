using System.Text.Json;

namespace Gemma.Server.Heads;

/// <summary>The usage of a request that only reads.</summary>
internal static class UsageJson
{
    public static void Write(Utf8JsonWriter json, long tokens)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", tokens);
        json.WriteNumber("completion_tokens", 0);
        json.WriteNumber("total_tokens", tokens);
        json.WriteEndObject();
    }
}
