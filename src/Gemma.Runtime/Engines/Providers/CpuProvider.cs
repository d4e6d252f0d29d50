using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.Providers;

/// <summary>The processor, which every library has and nothing has to be told of.</summary>
internal sealed class CpuProvider : ExecutionProvider
{
    public override string Name => "cpu";

    public override bool IsOnHost => true;

    public override IReadOnlyList<string> FindProblems(CudaPreflight preflight, GemmaEngine engine, EngineOptions options) => [];

    public override void AppendTo(SessionOptions settings, EngineOptions options) => NativeOptions(options);

    public override IReadOnlyDictionary<string, string>? NativeOptions(EngineOptions options) => options.ProviderOptions.Count == 0
        ? null
        : throw new EngineException("Provider options were given, but the CPU provider takes none: remove them or choose the device Cuda.");
}
