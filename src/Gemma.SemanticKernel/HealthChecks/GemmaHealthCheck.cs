using System.Globalization;
using Gemma.SemanticKernel.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gemma.SemanticKernel.HealthChecks;

/// <summary>Reports a model's state: unhealthy after a failed load, degraded before the first load or with a full queue. Meant for readiness.</summary>
internal sealed class GemmaHealthCheck(GemmaModelHolder holder) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (holder.LastError is { } error) return HealthCheckResult.Unhealthy($"'{holder.ModelId}' could not be loaded: {error.Message}", error);
        if (holder.Loaded is not { } model) return HealthCheckResult.Degraded($"'{holder.ModelId}' is not loaded yet.");
        var data = new Dictionary<string, object>
        {
            ["model"] = model.ModelId,
            ["engine"] = model.EngineName,
            ["device"] = model.DeviceName,
            ["contextLength"] = model.ContextLength,
            ["activeRequests"] = model.ActiveRequests,
            ["queueLength"] = model.QueueLength,
        };
        return model.QueueLength >= holder.Options.MaxQueueLength && model.QueueLength > 0
            ? HealthCheckResult.Degraded(string.Create(CultureInfo.InvariantCulture,
                $"'{holder.ModelId}' has {model.QueueLength} requests waiting: its queue is full."), data: data)
            : HealthCheckResult.Healthy(data: data);
    }
}
