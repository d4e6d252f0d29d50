using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.Providers;

/// <summary>ONNX Runtime's execution provider for NVIDIA GPUs.</summary>
internal static class CudaProvider
{
    /// <summary>Adds the provider to a session's settings.</summary>
    /// <exception cref="EngineException">ONNX Runtime cannot load it; the message names the library that is missing.</exception>
    public static void Append(SessionOptions settings, int index, IDictionary<string, string> options)
    {
        try
        {
            using var provider = new OrtCUDAProviderOptions();
            provider.UpdateOptions(new Dictionary<string, string>(options, StringComparer.Ordinal) { ["device_id"] = index.ToString(CultureInfo.InvariantCulture) });
            settings.AppendExecutionProvider_CUDA(provider);
        }
        catch (OnnxRuntimeException e)
        {
            throw new EngineException($"ONNX Runtime cannot use CUDA: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
