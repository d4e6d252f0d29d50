using Gemma.Server.Catalog;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.Ollama;

/// <summary><c>POST /api/embed</c>: vectors of length 1. Texts beyond the context are cut unless <c>truncate</c> is false.</summary>
internal static class OllamaEmbedRoute
{
    public static async Task RunAsync(RequestContext request)
    {
        var body = request.Body;
        var name = body.RequiredText("model");
        var started = request.Time.GetTimestamp();
        var inputs = body.Texts("input") ?? [];
        if (inputs.Count > request.Options.MaxInputs)
            throw ApiException.Invalid("input", $"'input' has {inputs.Count} items, but at most {request.Options.MaxInputs} are allowed.");
        var terms = new EmbeddingTerms { Dimensions = body.Integer("dimensions", 1, 1 << 20), Truncate = body.Flag("truncate") ?? true };
        var (vectors, tokens) = await ModelEmbeddings.ReadAsync(request.FindModelByTag(name), inputs, terms, request.CancellationToken).ConfigureAwait(false);
        request.Count(tokens);
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("model", name);
            json.WriteStartArray("embeddings");
            foreach (var vector in vectors)
            {
                json.WriteStartArray();
                foreach (var value in vector.Span) json.WriteNumberValue(value);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteNumber("total_duration", (long)request.Time.GetElapsedTime(started).TotalNanoseconds);
            json.WriteNumber("load_duration", 0);
            json.WriteNumber("prompt_eval_count", tokens);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }
}
