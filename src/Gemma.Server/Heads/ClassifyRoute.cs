using System.Text.Json;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Inputs;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Gemma.Server.OpenAI;

namespace Gemma.Server.Heads;

/// <summary><c>POST /v1/classify</c> in vLLM's shape, with the labels' names, logits and what was cut; and Jina's zero-shot labels on the same route.</summary>
internal static class ClassifyRoute
{
    public static void Map(GemmaRoutes routes)
    {
        routes.Post("/v1/classify", RunAsync);
        routes.Post("/classify", RunAsync);
    }

    private static async Task RunAsync(RequestContext request)
    {
        var body = request.Body;
        if (!body.Has("messages")) request.InputField = "input";
        if (body.Flag("add_generation_prompt") == true)
        {
            throw ApiException.Invalid("add_generation_prompt", "Heads read the messages alone: 'add_generation_prompt' must be false.",
                "unsupported_parameter");
        }

        if (body.Texts("labels") is { } labels)
        {
            await ZeroShotAsync(request, labels).ConfigureAwait(false);
            return;
        }

        var head = HeadRequest.Create(request, body.Text("model"));
        var results = await head.Classifier.ClassifyAsync(Inputs(request), head.Options, request.CancellationToken).ConfigureAwait(false);
        await WriteAsync(request, head.Model, results).ConfigureAwait(false);
    }

    private static async Task ZeroShotAsync(RequestContext request, IReadOnlyList<string> labels)
    {
        if (labels.Count < 2) throw ApiException.Invalid("labels", "'labels' needs at least two names.");
        var model = request.FindModel(request.Body.Text("model"));
        using var classifier = new ZeroShotClassifier(model.Source, new ZeroShotOptions { Labels = labels });
        var results = await classifier.ClassifyAsync(Inputs(request), null, request.CancellationToken).ConfigureAwait(false);
        await WriteAsync(request, model.Id, results).ConfigureAwait(false);
    }

    private static ClassificationInput[] Inputs(RequestContext request) => request.Body.Has("messages")
        ? [ClassificationInput.FromMessages(ChatMessageReader.Read(request.Body))]
        : [.. PromptReader.Read(request.Body, "input", request.Options.MaxInputs)
            .Select(input => input.Ids is { } ids ? ClassificationInput.FromTokens(ids) : ClassificationInput.FromText(input.Text!))];

    private static Task WriteAsync(RequestContext request, string model, ClassificationResults results)
    {
        var tokens = results.Usage.InputTokenCount ?? 0;
        request.Count(tokens);
        return request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("id", $"classify-{Guid.NewGuid():N}");
            json.WriteString("object", "list");
            json.WriteNumber("created", request.Now);
            json.WriteString("model", model);
            json.WriteStartArray("data");
            for (var i = 0; i < results.Count; i++) Write(json, i, results[i]);
            json.WriteEndArray();
            UsageJson.Write(json, tokens);
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, int index, ClassificationResult result)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("label", result.Label);
        json.WriteStartArray("probs");
        foreach (var score in result.Scores) json.WriteNumberValue(score.Score);
        json.WriteEndArray();
        json.WriteNumber("num_classes", result.Scores.Count);
        json.WriteStartObject("scores");
        foreach (var score in result.Scores) json.WriteNumber(score.Label, score.Score);
        json.WriteEndObject();
        json.WriteStartArray("logits");
        foreach (var score in result.Scores) json.WriteNumberValue(score.Logit);
        json.WriteEndArray();
        json.WriteStartArray("selected_labels");
        foreach (var label in result.SelectedLabels) json.WriteStringValue(label);
        json.WriteEndArray();
        json.WriteBoolean("truncated", result.IsTruncated);
        json.WriteEndObject();
    }
}
