using System.Text.Json;
using Gemma.Runtime.Prompts;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Gemma.Tokenization;

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

    /// <summary>The ids of an input.</summary>
    public static int[] Encode((string? Text, int[]? Ids) input, GemmaTokenizer? tokenizer) => input.Ids
        ?? FillInMiddle.EncodeRaw(tokenizer ?? throw ApiException.Invalid(null, "This model has no tokenizer files: send token ids."), input.Text!);

    private static int[] Ids(JsonElement list, string name) =>
        [.. list.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) && id >= 0
                ? id
                : throw ApiException.Invalid(name, $"'{name}' has something that is no token id."))];
}
