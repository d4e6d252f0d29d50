using System.Text.Json;
using Gemma.Runtime;
using Gemma.SemanticKernel;
using Gemma.Server.Catalog;
using Gemma.Server.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gemma.Server.Tei;

/// <summary><c>GET /info</c>: the first model, and the limits.</summary>
internal static class TeiInfo
{
    public static async Task AnswerAsync(RequestContext request)
    {
        var model = request.FindModel(null);
        using var lease = await model.Source.AcquireAsync(request.CancellationToken).ConfigureAwait(false);
        var setup = request.Http.RequestServices.GetRequiredService<IOptionsMonitor<GemmaOptions>>().Get(model.Key ?? Options.DefaultName);
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("model_id", model.Id);
            json.WriteString("model_sha", new ModelDetails(lease.Model).Digest);
            json.WriteString("model_dtype", lease.Model.Package.Manifest?.Activations ?? "fp32");
            WriteType(json, lease.Model);
            json.WriteNumber("max_concurrent_requests", setup.MaxConcurrentRequests + setup.MaxQueueLength);
            json.WriteNumber("max_input_length", lease.Model.ContextLength);
            json.WriteNumber("max_batch_tokens", lease.Model.ContextLength);
            json.WriteNumber("max_batch_requests", setup.MaxConcurrentRequests);
            json.WriteNumber("max_client_batch_size", request.Options.MaxInputs);
            json.WriteBoolean("auto_truncate", false);
            json.WriteNumber("tokenization_workers", 1);
            json.WriteString("version", typeof(TeiInfo).Assembly.GetName().Version?.ToString(3));
            json.WriteNull("sha");
            json.WriteNull("docker_label");
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static void WriteType(Utf8JsonWriter json, GemmaModel model)
    {
        json.WriteStartObject("model_type");
        if (model.Package.Heads.Values.FirstOrDefault() is { } head)
        {
            json.WriteStartObject(head.Labels.Count == 1 ? "reranker" : "classifier");
            json.WriteStartObject("id2label");
            for (var i = 0; i < head.Labels.Count; i++) json.WriteString(i.ToString(System.Globalization.CultureInfo.InvariantCulture), head.Labels[i]);
            json.WriteEndObject();
            json.WriteStartObject("label2id");
            for (var i = 0; i < head.Labels.Count; i++) json.WriteNumber(head.Labels[i], i);
            json.WriteEndObject();
        }
        else
        {
            json.WriteStartObject("embedding");
            json.WriteString("pooling", "mean");
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
