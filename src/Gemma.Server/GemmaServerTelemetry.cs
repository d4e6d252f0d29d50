namespace Gemma.Server;

/// <summary>Names of the server's own telemetry, for <c>AddMeter</c>. The models' is <c>GemmaTelemetry.SourceName</c>.</summary>
public static class GemmaServerTelemetry
{
    /// <summary>The name of the Meter.</summary>
    public const string MeterName = "Gemma.Server";
}
