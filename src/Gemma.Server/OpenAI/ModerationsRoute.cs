using System.Text.Json;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Inputs;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.OpenAI;

/// <summary><c>POST /v1/moderations</c> over the head that the options name; categories are its labels.</summary>
internal static class ModerationsRoute
{
    public static void Map(GemmaRoutes routes) => routes.Post("/v1/moderations", RunAsync);

    private static async Task RunAsync(RequestContext request)
    {
        request.InputField = "input";
        if (request.Options.ModerationHead is not { } name)
        {
            throw new ApiException(404, "invalid_request_error", "model_not_found", "No head is set up for moderation: set GemmaServerOptions.ModerationHead.",
                "model");
        }
        var texts = Texts(request.Body);
        if (texts.Count > request.Options.MaxInputs)
            throw ApiException.Invalid("input", $"'input' has {texts.Count} items, but at most {request.Options.MaxInputs} are allowed.");
        var (model, head) = request.FindHead(name);
        var results = await model.Classifier(head).ClassifyAsync(texts.Select(ClassificationInput.FromText), null, request.CancellationToken)
            .ConfigureAwait(false);
        request.Count(results.Usage.InputTokenCount);
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("id", $"modr-{Guid.NewGuid():N}");
            json.WriteString("model", name);
            json.WriteStartArray("results");
            foreach (var result in results) Write(json, result, request.Options.HarmfulLabels);
            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static IReadOnlyList<string> Texts(BodyObject body)
    {
        if (body.Find("input") is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() == 0 || list[0].ValueKind != JsonValueKind.Object)
            return body.Texts("input") is { Count: > 0 } texts ? texts : throw body.Wrong("input", "a text or a list of texts that is not empty");
        return [.. body.Objects("input")!
            .Select(part => part.RequiredText("type") == "text"
                ? part.RequiredText("text")
                : throw ApiException.Invalid(part.Key("type"), "Only text can be moderated by this model.", "unsupported_parameter"))];
    }

    private static void Write(Utf8JsonWriter json, ClassificationResult result, IList<string> harmful)
    {
        var selected = result.SelectedLabels.ToHashSet(StringComparer.Ordinal);
        bool IsHarmful(string label) => harmful.Count > 0 ? harmful.Contains(label) : label != result.Scores[0].Label || result.Scores.Count == 1;
        json.WriteStartObject();
        json.WriteBoolean("flagged", selected.Any(IsHarmful));
        json.WriteStartObject("categories");
        foreach (var score in result.Scores) json.WriteBoolean(score.Label, selected.Contains(score.Label));
        json.WriteEndObject();
        json.WriteStartObject("category_scores");
        foreach (var score in result.Scores) json.WriteNumber(score.Label, score.Score);
        json.WriteEndObject();
        json.WriteStartObject("category_applied_input_types");
        foreach (var score in result.Scores)
        {
            json.WriteStartArray(score.Label);
            json.WriteStringValue("text");
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
