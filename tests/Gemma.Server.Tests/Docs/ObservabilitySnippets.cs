using Gemma.Runtime.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Gemma.Server.Tests.Docs;

/// <summary>The blocks of docs/observability.md.</summary>
internal static class ObservabilitySnippets
{
    public static void Telemetry(IServiceCollection services)
    {
        services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddMeter(GemmaTelemetry.SourceName, GemmaServerTelemetry.MeterName))
            .WithTracing(traces => traces.AddAspNetCoreInstrumentation().AddSource(GemmaTelemetry.SourceName));
    }
}
