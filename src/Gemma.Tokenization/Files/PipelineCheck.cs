using System.Text.Json;

namespace Gemma.Tokenization.Files;

/// <summary>Checks that the steps around a tokenizer.json's model are Gemma's, because those are the ones that are implemented.</summary>
internal static class PipelineCheck
{
    /// <summary>Replaces a space by U+2581, nothing else.</summary>
    public static void Normalizer(string path, JsonElement value)
    {
        if (!IsReplace(value, " ", "\u2581")) throw Error(path, "normalizer");
    }

    /// <summary>None, or a split at spaces, which are no longer there after normalizing.</summary>
    public static void PreTokenizer(string path, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null || (Is(value, "Split") && Text(value, "pattern", "String") == " ")) return;
        throw Error(path, "pre_tokenizer");
    }

    /// <summary>U+2581 to a space, bytes to text, fuse.</summary>
    public static void Decoder(string path, JsonElement value)
    {
        if (Is(value, "Sequence") && value.TryGetProperty("decoders", out var steps) && steps.ValueKind == JsonValueKind.Array && steps.GetArrayLength() == 3
            && IsReplace(steps[0], "\u2581", " ") && Is(steps[1], "ByteFallback") && Is(steps[2], "Fuse")) return;
        throw Error(path, "decoder");
    }

    private static bool IsReplace(JsonElement value, string from, string to) =>
        Is(value, "Replace") && Text(value, "pattern", "String") == from && Text(value, "content") == to;

    private static bool Is(JsonElement value, string type) => Text(value, "type") == type;

    private static string? Text(JsonElement value, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(key, out value)) return null;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private static InvalidModelException Error(string path, string field) => new(path, field, "this step is not Gemma's; only Gemma tokenizers are supported");
}
