using Gemma.Runtime.Engines.Providers;
using Microsoft.Extensions.Logging;

namespace Gemma.Runtime.Engines.Selection;

/// <summary>Decides engine and device. What was asked for is taken or refused, never replaced; only <see cref="GemmaDevice.Auto"/> leaves a choice.</summary>
internal static partial class EngineSelection
{
    /// <summary>The engine and the device, which is then <see cref="GemmaDevice.Cpu"/> or <see cref="GemmaDevice.Cuda"/>.</summary>
    /// <exception cref="EngineException">The device cannot be used; the message names what is missing.</exception>
    public static (GemmaEngine Engine, GemmaDevice Device) Resolve(EngineOptions options, ILogger logger) => Resolve(options, logger, CudaPreflight.OfMachine);

    /// <summary>The same on a machine that the checks know.</summary>
    /// <exception cref="EngineException">The device cannot be used; the message names what is missing.</exception>
    public static (GemmaEngine Engine, GemmaDevice Device) Resolve(EngineOptions options, ILogger logger, CudaPreflight preflight)
    {
        var onGpu = options.Kind ?? GemmaEngine.GenAI;
        switch (options.Device)
        {
            case GemmaDevice.Cuda:
                preflight.Require(onGpu, options.DeviceIndex, options.GenAIFolder);
                return (onGpu, GemmaDevice.Cuda);
            case GemmaDevice.Auto when ExecutionProvider.Of(GemmaDevice.Cuda).FindProblems(preflight, onGpu, options) is { Count: > 0 } problems:
                LogNoGpu(logger, string.Join("; ", problems));
                break;
            case GemmaDevice.Auto:
                return (onGpu, GemmaDevice.Cuda);
        }

        return (options.Kind ?? GemmaEngine.OnnxRuntime, GemmaDevice.Cpu);
    }

    [LoggerMessage(1, LogLevel.Information, "Computing on the CPU; a GPU cannot be used: {Problems}")]
    private static partial void LogNoGpu(ILogger logger, string problems);
}
