using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.Providers;

/// <summary>NVIDIA GPUs.</summary>
internal sealed class CudaProvider : ExecutionProvider
{
    public override string Name => "cuda";

    public override bool IsOnHost => false;

    public override IReadOnlyList<string> FindProblems(CudaPreflight preflight, GemmaEngine engine, EngineOptions options) =>
        preflight.FindProblems(engine, options.DeviceIndex, options.GenAIFolder);

    public override void AppendTo(SessionOptions settings, EngineOptions options) => Append(settings, NativeOptions(options));

    public override Dictionary<string, string> NativeOptions(EngineOptions options) =>
        new(options.ProviderOptions, StringComparer.Ordinal) { ["device_id"] = options.DeviceIndex.ToString(CultureInfo.InvariantCulture) };

    /// <summary>Has ONNX Runtime load the provider.</summary>
    /// <exception cref="EngineException">It cannot; the message names the library that is missing.</exception>
    public static void Append(SessionOptions settings, Dictionary<string, string> options)
    {
        try
        {
            using var provider = new OrtCUDAProviderOptions();
            provider.UpdateOptions(options);
            settings.AppendExecutionProvider_CUDA(provider);
        }
        catch (OnnxRuntimeException e)
        {
            throw new EngineException($"ONNX Runtime cannot use CUDA: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
