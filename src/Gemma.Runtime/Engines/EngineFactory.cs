using Gemma.Runtime.Engines.GenAI;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Engines;

/// <summary>Opens packages with the engine that was asked for, or that fits the device.</summary>
internal static class EngineFactory
{
    private const string BrainFloat = "bf16";

    /// <summary>Opens a package.</summary>
    /// <exception cref="EngineException">A library or the device is missing, or the graph cannot be opened.</exception>
    public static IInferenceEngine Create(ModelPackage package, EngineOptions options)
    {
        var (engine, device) = EngineSelection.Resolve(options);
        if (device == GemmaDevice.Cpu && package.Manifest?.Activations == BrainFloat) throw new EngineException($"{package.Folder} computes in bfloat16, which ONNX Runtime does on GPUs only: choose the device Cuda, or convert the checkpoint again with --target cpu or --activations fp16 or fp32.");
        return engine == GemmaEngine.GenAI ? OpenGenAI(package, options, device) : OpenOnnxRuntime(package, options, device);
    }

    private static OnnxRuntimeEngine OpenOnnxRuntime(ModelPackage package, EngineOptions options, GemmaDevice device) => new(new OnnxRuntimeEngineOptions
    {
        ModelPath = package.ModelPath,
        PrefillModelPath = options.UsePrefillGraph ? package.PrefillModelPath ?? throw new EngineException($"{package.Folder} has no graph for prompts; convert the checkpoint with --prefill w8a8, or switch the option off.") : null,
        HeadSize = package.HeadSize,
        VocabularySize = package.VocabSize,
        CacheBytes = options.CacheBytes,
        ContextLength = ContextLength(package, options),
        Threads = options.Threads,
        MaxSequences = options.MaxSequences,
        AllowSpinning = options.AllowSpinning,
        Device = device,
        DeviceIndex = options.DeviceIndex,
        ProviderOptions = options.ProviderOptions,
    });

    private static GenAIEngine OpenGenAI(ModelPackage package, EngineOptions options, GemmaDevice device) => package.Config is { Architecture: GemmaArchitecture.SequenceClassification or GemmaArchitecture.TokenClassification }
        ? throw new EngineException($"{package.Folder} has no language-model head, and ONNX Runtime GenAI needs one: choose the engine OnnxRuntime.")
        : new GenAIEngine(new GenAIEngineOptions
        {
            Folder = package.Folder,
            ContextLength = ContextLength(package, options),
            Device = device,
            DeviceIndex = options.DeviceIndex,
            ProviderOptions = options.ProviderOptions,
            Threads = options.Threads,
            MaxSequences = options.MaxSequences,
            CacheBytes = options.CacheBytes,
            AllowSpinning = options.AllowSpinning,
            NativeFolder = options.GenAIFolder,
            Sampler = options.Sampler,
            Logger = options.Logger,
        });

    private static int ContextLength(ModelPackage package, EngineOptions options) =>
        options.ContextLength == 0 ? package.MaxPositions : Math.Min(options.ContextLength, package.MaxPositions);
}
