namespace Gemma.Runtime.Generation;

/// <summary>How finish reasons are written.</summary>
internal static class GenerationFinishReasons
{
    /// <summary>The one spelling in responses, metadata, telemetry and JSON: that of <c>ChatFinishReason</c>.</summary>
    public static string ToName(this GenerationFinishReason reason) => reason == GenerationFinishReason.Length ? "length" : "stop";
}
