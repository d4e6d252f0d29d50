using System.Text.Json;
using Gemma.Server.Catalog;
using Gemma.Server.Http;

namespace Gemma.Server.Ollama;

/// <summary><c>/api/tags</c>, <c>/api/ps</c> and <c>/api/show</c>: which models there are, which are loaded, and what they can do.</summary>
internal static class OllamaModelRoutes
{
    public static Task ListAsync(RequestContext request) => WriteAsync(request, request.Models.Models, static (_, _) => { });

    public static Task ListLoadedAsync(RequestContext request) =>
        WriteAsync(request, request.Models.Models.Where(model => model.Source.Loaded is not null), static (json, model) =>
    {
        // Nothing unloads a model while the server runs.
        json.WriteString("expires_at", DateTimeOffset.MaxValue);
        json.WriteNumber("size_vram", 0);
        json.WriteNumber("context_length", model.Source.Loaded?.ContextLength ?? 0);
    });

    public static async Task ShowAsync(RequestContext request)
    {
        var model = request.FindModelByTag(request.Body.Text("model") ?? request.Body.Text("name"));
        using var lease = await model.Source.AcquireAsync(request.CancellationToken).ConfigureAwait(false);
        var details = new ModelDetails(lease.Model);
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("modelfile", string.Empty);
            json.WriteString("parameters", string.Empty);
            json.WriteString("template", string.Empty);
            OllamaDetails.Write(json, details);
            OllamaDetails.WriteModelInfo(json, details);
            json.WriteStartArray("capabilities");
            foreach (var capability in details.Capabilities) json.WriteStringValue(capability);
            json.WriteEndArray();
            json.WriteString("modified_at", details.Modified);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static Task WriteAsync(RequestContext request, IEnumerable<ServedModel> models, Action<Utf8JsonWriter, ServedModel> writeMore) =>
        request.AnswerAsync(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("models");
        foreach (var model in models)
        {
            var details = new ModelDetails(model.Source.Loaded);
            json.WriteStartObject();
            json.WriteString("name", model.Id);
            json.WriteString("model", model.Id);
            json.WriteString("modified_at", details.Modified);
            json.WriteNumber("size", details.Size);
            json.WriteString("digest", details.Digest);
            OllamaDetails.Write(json, details);
            writeMore(json, model);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
