using Microsoft.Extensions.Logging;

namespace Gemma.Runtime;

/// <summary>Tells whoever loads a model what the loading is at.</summary>
internal sealed partial class LoadSteps(string model, IProgress<GemmaLoadStage>? progress, ILogger logger, TimeProvider time)
{
    private readonly ILogger _logger = logger;
    private readonly long _start = time.GetTimestamp();

    public void Begin(GemmaLoadStage stage)
    {
        LogStage(model, stage, time.GetElapsedTime(_start).TotalSeconds);
        progress?.Report(stage);
    }

    [LoggerMessage(1, LogLevel.Information, "Loading {Model}: {Stage} after {Seconds:F1} s")]
    private partial void LogStage(string model, GemmaLoadStage stage, double seconds);
}
