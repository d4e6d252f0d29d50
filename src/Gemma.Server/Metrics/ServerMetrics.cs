using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gemma.Server.Catalog;

namespace Gemma.Server.Metrics;

/// <summary>Counts requests by their outcome and tells which models are loaded. Labels are models, routes and outcomes, never users or keys.</summary>
internal sealed class ServerMetrics
{
    private const string ModelTag = "gen_ai.request.model";

    private readonly Counter<long> _requests;

    public ServerMetrics(IMeterFactory meters, ModelCatalog models)
    {
        var meter = meters.Create(GemmaServerTelemetry.MeterName);
        _requests = meter.CreateCounter<long>("gemma.requests", "{request}", "Requests that ended, by outcome.");
        meter.CreateObservableGauge(
            "gemma.model.loaded",
            () => models.Models.Select(model =>
                new Measurement<int>(model.Source.Loaded is null ? 0 : 1, new KeyValuePair<string, object?>(ModelTag, model.Id))),
            "{model}",
            "1 for a model that is loaded, otherwise 0.");
    }

    /// <summary>Counts a request that ended.</summary>
    /// <param name="route">Its pattern.</param>
    /// <param name="model">The model that it used, or null.</param>
    /// <param name="outcome">How it ended.</param>
    public void Count(string? route, string? model, RequestOutcome outcome)
    {
        var tags = new TagList { { "http.route", route ?? string.Empty }, { "outcome", Name(outcome) } };
        if (model is not null) tags.Add(ModelTag, model);
        _requests.Add(1, tags);
    }

    /// <summary>An outcome in the metrics' and the log's words.</summary>
    public static string Name(RequestOutcome outcome) => outcome switch
    {
        RequestOutcome.Ok => "ok",
        RequestOutcome.Error => "error",
        RequestOutcome.Cancelled => "cancelled",
        _ => "rejected",
    };
}
