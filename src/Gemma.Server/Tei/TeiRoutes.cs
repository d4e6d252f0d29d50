using System.Numerics.Tensors;
using System.Text.Json;
using Gemma.Runtime.Classification;
using Gemma.Server.Catalog;
using Gemma.Server.Errors;
using Gemma.Server.Heads;
using Gemma.Server.Http;

namespace Gemma.Server.Tei;

/// <summary>
/// Text Embeddings Inference's routes: <c>/predict</c>, <c>/embed</c>, <c>/similarity</c>. <c>/rerank</c> tells its shape by its fields. A <c>model</c> beside
/// the API's own fields chooses among several.
/// </summary>
internal static class TeiRoutes
{
    public static void Map(GemmaRoutes routes)
    {
        routes.Post("/predict", PredictAsync, ErrorShape.Tei);
        routes.Post("/embed", EmbedAsync, ErrorShape.Tei);
        routes.Post("/similarity", SimilarityAsync, ErrorShape.Tei);
        routes.Get("/info", TeiInfo.AnswerAsync, errors: ErrorShape.Tei);
    }

    private static async Task PredictAsync(RequestContext request)
    {
        var (inputs, isBatch) = PredictInputs.Read(request.Body, request.Options.MaxInputs);
        var head = HeadRequest.Create(request, request.Body.Text("model"));
        var results = await head.Classifier.ClassifyAsync(inputs, head.Options, request.CancellationToken).ConfigureAwait(false);
        request.Count(results.Usage.InputTokenCount);
        await request.AnswerAsync(json =>
        {
            if (isBatch) json.WriteStartArray();
            foreach (var result in results) Write(json, result);
            if (isBatch) json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter json, ClassificationResult result)
    {
        json.WriteStartArray();
        foreach (var score in result.Scores.OrderByDescending(score => score.Score))
        {
            json.WriteStartObject();
            json.WriteNumber("score", score.Score);
            json.WriteString("label", score.Label);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static async Task EmbedAsync(RequestContext request)
    {
        var body = request.Body;
        var inputs = body.Texts("inputs") is { Count: > 0 } texts ? texts : throw body.Wrong("inputs", "a text or a list of texts that is not empty");
        var vectors = await ReadAsync(request, body, inputs, body.Flag("normalize")).ConfigureAwait(false);
        await request.AnswerAsync(json =>
        {
            json.WriteStartArray();
            foreach (var vector in vectors)
            {
                json.WriteStartArray();
                foreach (var value in vector.Span) json.WriteNumberValue(value);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private static async Task SimilarityAsync(RequestContext request)
    {
        var body = request.Body;
        var inputs = body.Object("inputs") ?? throw body.Wrong("inputs", "an object with source_sentence and sentences");
        var sentences = inputs.Texts("sentences") is { Count: > 0 } texts ? texts : throw inputs.Wrong("sentences", "a list of texts that is not empty");
        var vectors = await ReadAsync(request, body.Object("parameters") ?? body, [inputs.RequiredText("source_sentence"), .. sentences], normalize: true)
            .ConfigureAwait(false);
        await request.AnswerAsync(json =>
        {
            json.WriteStartArray();
            foreach (var vector in vectors.Skip(1)) json.WriteNumberValue(TensorPrimitives.CosineSimilarity(vectors[0].Span, vector.Span));
            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<ReadOnlyMemory<float>>> ReadAsync(RequestContext request, BodyObject parameters, IReadOnlyList<string> texts,
        bool? normalize)
    {
        if (texts.Count > request.Options.MaxInputs)
        {
            throw new ApiException(413, "invalid_request_error", "request_too_large",
                $"The request has {texts.Count} texts, but at most {request.Options.MaxInputs} are allowed.");
        }
        if (parameters.Text("truncation_direction")?.ToLowerInvariant() is not (null or "right"))
            throw ApiException.Invalid("truncation_direction", "Texts to embed are cut on the right only.", "unsupported_parameter");
        var terms = new EmbeddingTerms
        {
            Dimensions = parameters.Integer("dimensions", 1, 1 << 20),
            Truncate = parameters.Flag("truncate") ?? false,
            Normalize = normalize,
            PromptName = parameters.Text("prompt_name"),
        };
        var (vectors, tokens) = await ModelEmbeddings.ReadAsync(request.FindModel(request.Body.Text("model")), texts, terms, request.CancellationToken)
            .ConfigureAwait(false);
        request.Count(tokens);
        return vectors;
    }
}
