using System.Text.Json;
using Gemma.Runtime.Inputs;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.Tei;

/// <summary>Reads what <c>/predict</c> takes: a text, a list of one or two texts (two are a pair), or a batch of such lists.</summary>
internal static class PredictInputs
{
    public static (IReadOnlyList<ClassificationInput> Inputs, bool IsBatch) Read(BodyObject body, int maximum)
    {
        if (body.Find("inputs") is not { } value) throw ApiException.Invalid("inputs", "'inputs' is missing.");
        if (value.ValueKind == JsonValueKind.String) return ([ClassificationInput.FromText(BodyObject.Text(value, "inputs"))], false);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
            throw body.Wrong("inputs", "a text, a list of one or two texts, or a list of such lists");
        if (value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)) return ([One(value, "inputs")], false);
        if (value.GetArrayLength() > maximum)
        {
            throw new ApiException(413, "invalid_request_error", "request_too_large",
                $"'inputs' has {value.GetArrayLength()} items, but at most {maximum} are allowed.");
        }
        return ([.. value.EnumerateArray().Select((item, index) => One(item, FormattableString.Invariant($"inputs[{index}]")))], true);
    }

    private static ClassificationInput One(JsonElement item, string key)
    {
        if (item.ValueKind != JsonValueKind.Array) return ClassificationInput.FromText(BodyObject.Text(item, key));
        string[] texts = [.. item.EnumerateArray().Select(text => BodyObject.Text(text, key))];
        return texts.Length switch
        {
            1 => ClassificationInput.FromText(texts[0]),
            2 => ClassificationInput.FromPair(texts[0], texts[1]),
            _ => throw ApiException.Invalid(key, $"'{key}' has {texts.Length} texts, but one or a pair is expected; several inputs are a list of lists."),
        };
    }
}
