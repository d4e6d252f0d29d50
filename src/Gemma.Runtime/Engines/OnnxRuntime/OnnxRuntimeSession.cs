using Gemma.Runtime.Engines.Cuda;
using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>Opens sessions with the settings every graph of this library wants.</summary>
internal static class OnnxRuntimeSession
{
    public static InferenceSession Open(OnnxRuntimeEngineOptions options)
    {
        using var settings = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = options.Threads,

            // Optional inputs are initializers too, for which ONNX Runtime warns at each load.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", options.AllowSpinning ? "1" : "0");

        // Packing the weights for this processor is most of a load. Older libraries ignore the entry.
        settings.AddSessionConfigEntry("session.prepack.enable_parallel", "1");
        if (options.Device == GemmaDevice.Cuda) CudaProvider.Append(settings, options.DeviceIndex, options.ProviderOptions);
        else if (options.ProviderOptions.Count > 0) throw new EngineException("Provider options were given, but the CPU provider takes none: remove them or choose the device Cuda.");
        try
        {
            return new InferenceSession(options.ModelPath, settings);
        }
        catch (OnnxRuntimeException e)
        {
            throw new EngineException($"ONNX Runtime cannot open {options.ModelPath}: {e.Message}", e);
        }
        catch (DllNotFoundException e)
        {
            throw new EngineException("The native ONNX Runtime library is missing: reference the package Microsoft.ML.OnnxRuntime in the application.", e);
        }
    }
}
