using System.Text.Json;

namespace Gemma.Benchmarks.Serving;

/// <summary>Reads streamed chat completions.</summary>
internal static class ChatFrames
{
    private const string Data = "data: ";

    /// <summary>The pieces of text in a whole stream, which must have ended.</summary>
    public static IEnumerable<string> Texts(string stream)
    {
        if (!stream.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal)) throw new InvalidDataException("A stream ended without [DONE].");
        return stream.Split('\n').Select(Text).OfType<string>();
    }

    /// <summary>The text of one line, or null if it brings none.</summary>
    public static string? Text(string line)
    {
        if (!line.StartsWith(Data, StringComparison.Ordinal) || line.EndsWith("[DONE]", StringComparison.Ordinal)) return null;
        var choices = JsonElement.Parse(line[Data.Length..]).GetProperty("choices");
        return choices.GetArrayLength() > 0 && choices[0].GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() : null;
    }
}
