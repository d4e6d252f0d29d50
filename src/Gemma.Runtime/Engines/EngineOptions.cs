using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Engines;

/// <summary>Which engine opens a package, where, and within which limits.</summary>
internal sealed record EngineOptions
{
    /// <summary>The engine, or null: ONNX Runtime on a CPU, GenAI on a GPU.</summary>
    public GemmaEngine? Engine { get; init; }

    /// <summary>Where to compute.</summary>
    public GemmaDevice Device { get; init; }

    /// <summary>Which of several GPUs, from 0.</summary>
    public int DeviceIndex { get; init; }

    /// <summary>Options of the device's execution provider, by ONNX Runtime's names.</summary>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>Threads of one run; 0: <see cref="Processors.ProcessorReport.Threads"/>.</summary>
    public int Threads { get; init; }

    /// <summary>The most sequences in the key-value cache, idle ones included.</summary>
    public int MaxSequences { get; init; } = 16;

    /// <summary>The most bytes of the key-value cache; null: every sequence full, but at most a quarter of the memory that the process may use.</summary>
    public long? CacheBytes { get; init; }

    /// <summary>Whether idle threads spin for the next run; null: where that pays (<see cref="Processors.ThreadSettings"/>).</summary>
    public bool? AllowSpinning { get; init; }

    /// <summary>The most tokens of a sequence; 0 means what the package's graph can compute.</summary>
    public int ContextLength { get; init; }

    /// <summary>Whether prompts run through the package's second graph; ONNX Runtime on the CPU only.</summary>
    public bool UsePrefillGraph { get; init; }

    /// <summary>Whether packed weights are written beside the package if they are not there; ONNX Runtime on the CPU only.</summary>
    public bool PrepackWeights { get; init; }

    /// <summary>Whether packed weights are hashed before they are used; the package's own files are whoever opened it's to hash.</summary>
    public bool VerifyFiles { get; init; }

    /// <summary>A folder with the native GenAI library, searched before all others; null searches beside the application.</summary>
    public string? GenAIFolder { get; init; }

    /// <summary>Where tokens are chosen.</summary>
    public GemmaSampler Sampler { get; init; }

    /// <summary>Receives what the native library logs.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
