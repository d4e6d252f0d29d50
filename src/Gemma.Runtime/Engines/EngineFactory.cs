using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Engines;

/// <summary>Opens packages with the engine that was asked for, or that fits the device.</summary>
internal static class EngineFactory
{
    /// <summary>Opens a package.</summary>
    /// <exception cref="EngineException">A library or the device is missing, or the graph cannot be opened.</exception>
    public static IInferenceEngine Create(ModelPackage package, EngineOptions options) => new OnnxRuntimeEngine(new OnnxRuntimeEngineOptions
    {
        ModelPath = package.ModelPath,
        HeadSize = package.HeadSize,
        VocabularySize = package.VocabSize,
        CacheBytes = options.CacheBytes,
        ContextLength = ContextLength(package, options),
        Threads = options.Threads,
        MaxSequences = options.MaxSequences,
        AllowSpinning = options.AllowSpinning,
    });

    private static int ContextLength(ModelPackage package, EngineOptions options) =>
        options.ContextLength == 0 ? package.MaxPositions : Math.Min(options.ContextLength, package.MaxPositions);
}
