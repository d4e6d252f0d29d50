using Gemma.Router;
using Gemma.Runtime.Diagnostics;
using Gemma.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Gemma.Cli.Infrastructure;

/// <summary>
/// The server's metrics at <c>/metrics</c> in Prometheus' format; with OpenTelemetry's <c>OTEL_EXPORTER_OTLP_*</c> variables metrics and traces also go where
/// those say.
/// </summary>
internal static class ServeTelemetry
{
    private const string OtlpVariables = "OTEL_EXPORTER_OTLP_";

    private static readonly string[] Meters = [GemmaTelemetry.SourceName, GemmaServerTelemetry.MeterName, GemmaRouterDefaults.MeterName,
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    public static void Add(IServiceCollection services)
    {
        var telemetry = services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(Meters).AddPrometheusExporter());
        if (!Environment.GetEnvironmentVariables().Keys.OfType<string>().Any(name => name.StartsWith(OtlpVariables, StringComparison.Ordinal))) return;
        telemetry.WithTracing(traces => traces.AddAspNetCoreInstrumentation().AddSource(GemmaTelemetry.SourceName)).UseOtlpExporter();
    }

    public static void Map(WebApplication application) => application.MapPrometheusScrapingEndpoint();
}
