namespace Gemma.Runtime.Diagnostics;

/// <summary>Names of this library's telemetry, for <c>AddSource</c> and <c>AddMeter</c>.</summary>
public static class GemmaTelemetry
{
    /// <summary>The name of the ActivitySource and of the Meter.</summary>
    public const string SourceName = "Gemma.SemanticKernel";
}
