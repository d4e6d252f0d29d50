using Gemma.Runtime.Engines.GenAI;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Engines.OnnxRuntime.Prepacking;
using Gemma.Runtime.Engines.Providers;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Engines.Selection;

/// <summary>Opens packages with the engine that was asked for, or that fits the device.</summary>
internal static partial class EngineFactory
{
    private const int DefaultSequences = 16;

    /// <summary>
    /// Does what the options ask for before a package is opened: <see cref="EngineOptions.PrepackWeights"/> and <see cref="EngineOptions.VerifyFiles"/>.
    /// </summary>
    /// <exception cref="EngineException">The package cannot be packed, or nothing can be written beside it.</exception>
    /// <exception cref="InvalidModelException">The package has no manifest, or its packed weights are damaged.</exception>
    public static async Task PrepareAsync(ModelPackage package, EngineOptions options, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        if ((!options.PrepackWeights && !options.VerifyFiles)
            || EngineSelection.Resolve(options, NullLogger.Instance) != (GemmaEngine.OnnxRuntime, GemmaDevice.Cpu)) return;
        RefuseBrainFloat(package, GemmaDevice.Cpu);
        try
        {
            if (options.PrepackWeights) await PrepackedWriter.SaveAsync(package, options.Threads, logger, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                $"Packed weights cannot be written beside {package.Folder}: {e.Message} Make the folder writable, pack where it is, or switch "
                    + $"PrepackWeights off.",
                e);
        }

        if (options.VerifyFiles && PrepackedFolder.Find(package) is { } packed) await packed.VerifyAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a package.</summary>
    /// <param name="package">The package.</param>
    /// <param name="options">What computes it.</param>
    /// <param name="maxSequences">The most sequences in the key-value cache, idle ones included.</param>
    /// <param name="logger">Receives what is worth knowing, and what the native library logs.</param>
    /// <exception cref="EngineException">A library or the device is missing, or the graph cannot be opened.</exception>
    public static IInferenceEngine Create(ModelPackage package, EngineOptions options, int maxSequences = DefaultSequences, ILogger? logger = null)
    {
        logger ??= NullLogger.Instance;
        var (engine, device) = EngineSelection.Resolve(options, logger);
        RefuseBrainFloat(package, device);
        if (options.CachePrecision != CachePrecision.Package && (engine, device) != (GemmaEngine.OnnxRuntime, GemmaDevice.Cpu))
        {
            throw new EngineException(
                $"Engine.CachePrecision: {options.CachePrecision} is for ONNX Runtime on a CPU; {engine} on {device} keeps keys and values in the number type "
                    + $"of the package's graph: leave the option at {CachePrecision.Package}, or convert the checkpoint with --activations fp16.");
        }

        var opened = EnsureVocabulary(package, engine == GemmaEngine.GenAI
            ? OpenGenAI(package, options, device, maxSequences, logger)
            : OpenOnnxRuntime(package, options, device, maxSequences, logger));
        LogOpened(logger, package.Folder, opened.Info.Name, opened.Info.Version, opened.Info.Device, opened.Info.Threads.Threads, opened.Info.Threads.Spinning);
        var memory = EnvironmentAllocator.Memory;
        if (memory.UsedBytes > 0) LogHugePages(logger, memory.UsedBytes, memory.IdleBytes);
        return opened;
    }

    private static void RefuseBrainFloat(ModelPackage package, GemmaDevice device)
    {
        if (ExecutionProvider.Of(device).IsOnHost && PrecisionTraits.Find(package.Manifest?.Activations) is { ComputesOnGpuOnly: true })
        {
            throw new EngineException(
                $"{package.Folder} computes in bfloat16, which ONNX Runtime does on GPUs only: choose the device Cuda, or convert the checkpoint again with "
                    + $"--target cpu or --activations fp16 or fp32.");
        }
    }

    // Rows of logits are as long as the graph makes them; a graph without lm_head has none.
    private static IInferenceEngine EnsureVocabulary(ModelPackage package, IInferenceEngine engine)
    {
        var size = engine.Info.VocabularySize;
        if (size == 0 || size == package.VocabSize) return engine;
        engine.Dispose();
        throw new InvalidModelException(Path.Combine(package.Folder, "genai_config.json"), "model.vocab_size",
            $"{package.VocabSize} is not the graph's vocabulary, {size}; convert the checkpoint again");
    }

    private static OnnxRuntimeEngine OpenOnnxRuntime(ModelPackage package, EngineOptions options, GemmaDevice device, int maxSequences, ILogger logger)
    {
        var prefill = options.UsePrefillGraph
            ? package.PrefillModelPath
                ?? throw new EngineException(
                    $"{package.Folder} has no graph for prompts; convert the checkpoint with --prefill w8a8, or switch the option off.")
            : null;
        var prepacked = device == GemmaDevice.Cpu ? PrepackedFolder.Find(package) : null;
        if (prepacked is not null) LogPrepacked(logger, prepacked.FullPath);
        return new OnnxRuntimeEngine(new OnnxRuntimeEngineOptions
        {
            Engine = options,
            Device = device,
            ModelPath = prepacked?.PackedPath(package.ModelPath) ?? package.ModelPath,
            PrefillModelPath = prefill is null ? null : prepacked?.PackedPath(prefill) ?? prefill,
            KeyValueLayout = package.KeyValueLayout,
            ReservesCache = package.Config?.Plan.Layers.All(layer => layer.Attention.SoftCap is null) == true,
            VocabularySize = package.VocabSize,
            ContextLength = ContextLength(package, options),
            MaxSequences = maxSequences,
        });
    }

    private static GenAIEngine OpenGenAI(ModelPackage package, EngineOptions options, GemmaDevice device, int maxSequences, ILogger logger) =>
        package.Config is { HasLmHead: false }
        ? throw new EngineException($"{package.Folder} has no language-model head, and ONNX Runtime GenAI needs one: choose the engine OnnxRuntime.")
        : new GenAIEngine(new GenAIEngineOptions
        {
            Engine = options,
            Device = device,
            Folder = package.Folder,
            KeyValueLayout = package.KeyValueLayout,
            ContextLength = ContextLength(package, options),
            MaxSequences = maxSequences,
            Logger = logger,
        });

    private static int ContextLength(ModelPackage package, EngineOptions options) =>
        Math.Min(options.ContextLength ?? package.MaxPositions, package.MaxPositions);

    [LoggerMessage(2, LogLevel.Information, "{Package} is computed by {Engine} {Version} on {Device}; threads of the host: {Threads}, spinning: {Spinning}")]
    private static partial void LogOpened(ILogger logger, string package, string engine, string version, string device, int threads, bool spinning);

    [LoggerMessage(3, LogLevel.Debug, "Huge pages of this process, its other models' too: {UsedBytes} bytes in use, {IdleBytes} kept for the next pass")]
    private static partial void LogHugePages(ILogger logger, long usedBytes, long idleBytes);

    [LoggerMessage(1, LogLevel.Debug, "Mapping the packed weights of {Folder}")]
    private static partial void LogPrepacked(ILogger logger, string folder);
}
