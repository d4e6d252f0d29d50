using System.Text.Json;
using Gemma.Runtime.Classification;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.Heads;

/// <summary>
/// <c>POST /v1/rerank</c>: documents by how well they answer a query, best first, in Jina's and Cohere's shape; with <c>texts</c> instead of <c>documents</c>
/// in Text Embeddings Inference's.
/// </summary>
internal static class RerankRoute
{
    public static void Map(GemmaRoutes routes)
    {
        routes.Post("/v1/rerank", request => RunAsync(request));
        routes.Post("/rerank", request => RunAsync(request));
        routes.Post("/v2/rerank", request => RunAsync(request, isCohere: true));
    }

    private static async Task RunAsync(RequestContext request, bool isCohere = false)
    {
        request.InputField = "documents";
        var body = request.Body;
        var isTei = body.Has("texts");
        if (isTei) request.Errors = ErrorShape.Tei;
        var query = body.RequiredText("query");
        var documents = Documents(body, isTei ? "texts" : "documents", request.Options.MaxInputs);
        var head = HeadRequest.Create(request, body.Text("model"));
        var (scores, tokens) = await head.ScoreAsync(documents.Select(document => (query, document)), request.CancellationToken).ConfigureAwait(false);
        var ranked = Enumerable.Range(0, scores.Length).OrderByDescending(index => scores[index].Logit)
            .Take(body.Integer("top_n", 1, int.MaxValue) ?? scores.Length).ToArray();
        var withText = body.Flag(isTei ? "return_text" : "return_documents") ?? false;
        request.Count(tokens);
        await request.AnswerAsync(json =>
        {
            if (isTei) WriteTei(json, ranked, scores, withText ? documents : null);
            else Write(json, head.Model, ranked, scores, withText ? documents : null, tokens, isCohere);
        }).ConfigureAwait(false);
    }

    private static IReadOnlyList<string> Documents(BodyObject body, string name, int maximum)
    {
        if (body.Find(name) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() == 0)
            throw body.Wrong(name, "a list of texts that is not empty");
        if (list.GetArrayLength() > maximum)
            throw ApiException.Invalid(name, $"'{name}' has {list.GetArrayLength()} items, but at most {maximum} are allowed.");
        return [.. list.EnumerateArray().Select((item, index) => item.ValueKind == JsonValueKind.Object
            ? new BodyObject(item, FormattableString.Invariant($"{name}[{index}]")).RequiredText("text")
            : BodyObject.Text(item, FormattableString.Invariant($"{name}[{index}]")))];
    }

    private static void Write(Utf8JsonWriter json, string model, int[] ranked, LabelScore[] scores, IReadOnlyList<string>? documents, long tokens,
        bool isCohere)
    {
        json.WriteStartObject();
        json.WriteString("id", $"rerank-{Guid.NewGuid():N}");
        json.WriteString("model", model);
        json.WriteStartArray("results");
        foreach (var index in ranked)
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteNumber("relevance_score", scores[index].Score);
            if (documents is not null)
            {
                json.WriteStartObject("document");
                json.WriteString("text", documents[index]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        UsageJson.Write(json, tokens);
        if (isCohere) WriteMeta(json, tokens);
        json.WriteEndObject();
    }

    private static void WriteMeta(Utf8JsonWriter json, long tokens)
    {
        json.WriteStartObject("meta");
        json.WriteStartObject("api_version");
        json.WriteString("version", "2");
        json.WriteEndObject();
        json.WriteStartObject("tokens");
        json.WriteNumber("input_tokens", tokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTei(Utf8JsonWriter json, int[] ranked, LabelScore[] scores, IReadOnlyList<string>? texts)
    {
        json.WriteStartArray();
        foreach (var index in ranked)
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteNumber("score", scores[index].Score);
            if (texts is not null) json.WriteString("text", texts[index]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
