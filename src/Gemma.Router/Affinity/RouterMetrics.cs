using System.Diagnostics.Metrics;

namespace Gemma.Router.Affinity;

/// <summary>Counts choices and retries.</summary>
internal sealed class RouterMetrics
{
    private readonly Counter<long> _picks;
    private readonly Counter<long> _retries;

    public RouterMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(GemmaRouterDefaults.MeterName);
        _picks = meter.CreateCounter<long>("gemma.router.picks", "{request}",
            "Servers chosen, by reason: affinity, overflow (the conversation's server was too busy), none (the request belongs to no conversation).");
        _retries = meter.CreateCounter<long>("gemma.router.retries", "{request}", "Requests that a second server got because the first had sent nothing back.");
    }

    public void Picked(PickReason reason) => _picks.Add(1, new KeyValuePair<string, object?>("reason", Name(reason)));

    public void Retried() => _retries.Add(1);

    private static string Name(PickReason reason) => reason switch
    {
        PickReason.Affinity => "affinity",
        PickReason.Overflow => "overflow",
        _ => "none",
    };
}
