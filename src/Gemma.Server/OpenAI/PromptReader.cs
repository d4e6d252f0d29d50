using System.Text.Json;
using Gemma.Runtime;
using Gemma.Runtime.Prompts;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.OpenAI;

/// <summary>
/// Reads what may be a text, texts, ids or lists of ids. Ids are used as they are; a text gets one BOS, and never a control token of its own.
/// </summary>
internal static class PromptReader
{
    /// <summary>The inputs: each a text, or ids.</summary>
    public static IReadOnlyList<(string? Text, int[]? Ids)> Read(BodyObject body, string name, int maximum)
    {
        if (body.Find(name) is not { } value) throw ApiException.Invalid(name, $"'{name}' is missing.");
        if (value.ValueKind == JsonValueKind.String) return [(BodyObject.Text(value, name), null)];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
            throw body.Wrong(name, "a string, or a list of strings, of ids or of lists of ids, and not empty");
        if (value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number)) return [(null, Ids(value, name))];
        if (value.GetArrayLength() > maximum)
            throw ApiException.Invalid(name, $"'{name}' has {value.GetArrayLength()} items, but at most {maximum} are allowed.");
        return [.. value.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.Array ? (null, Ids(item, name)) : (BodyObject.Text(item, name), (int[]?)null))];
    }

    /// <summary>The ids of a prompt.</summary>
    /// <exception cref="ApiException">An id is outside the vocabulary, or there is a text and no tokenizer.</exception>
    public static int[] Encode((string? Text, int[]? Ids) prompt, GemmaModel model)
    {
        if (prompt.Ids is not { } ids)
        {
            return FillInMiddle.EncodeRaw(
                model.Tokenizer ?? throw ApiException.Invalid("prompt", "This model has no tokenizer files: send token ids."), prompt.Text!);
        }

        if (ids.Length == 0) throw ApiException.Invalid("prompt", "A list of 'prompt' is empty: at least one token id is needed.");
        var size = model.Package.VocabSize;
        return Array.Find(ids, id => id >= size) is var wrong and > 0
            ? throw ApiException.Invalid("prompt", $"'prompt' has the token id {wrong}, but the model's vocabulary ends at {size - 1}.")
            : ids;
    }

    private static int[] Ids(JsonElement list, string name) =>
        [.. list.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) && id >= 0
                ? id
                : throw ApiException.Invalid(name, $"'{name}' has something that is no token id."))];
}
