using System.Text.Json;

namespace Gemma.Tokenization.Files;

/// <summary>What the post-processor of a tokenizer.json adds to a single text.</summary>
/// <param name="Bos">Whether a token comes before it.</param>
/// <param name="Eos">Whether a token comes after it.</param>
internal sealed record TemplateFlags(bool Bos, bool Eos)
{
    /// <summary>Reads a TemplateProcessing post-processor; null for anything else, which transformers replaces by its own.</summary>
    public static TemplateFlags? Read(JsonElement? postProcessor)
    {
        if (postProcessor is not { ValueKind: JsonValueKind.Object } value
            || !value.TryGetProperty("single", out var parts)
            || parts.ValueKind != JsonValueKind.Array) return null;
        var (bos, eos, text) = (false, false, false);
        foreach (var part in parts.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object) return null;
            if (part.TryGetProperty("Sequence", out _)) text = true;
            else if (text) eos = true;
            else bos = true;
        }

        return text ? new TemplateFlags(bos, eos) : null;
    }
}
