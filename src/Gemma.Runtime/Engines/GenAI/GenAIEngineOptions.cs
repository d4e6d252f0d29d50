using Gemma.Runtime.Engines.Processors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>How the GenAI engine opens a package.</summary>
internal sealed record GenAIEngineOptions
{
    /// <summary>The package's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The most tokens of a sequence.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Where to compute: a processor or an NVIDIA GPU, already decided.</summary>
    public GemmaDevice Device { get; init; }

    /// <summary>Which of several GPUs, from 0.</summary>
    public int DeviceIndex { get; init; }

    /// <summary>Options of the device's execution provider, by ONNX Runtime's names.</summary>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>Threads of one run; 0: <see cref="ProcessorReport.Threads"/>.</summary>
    public int Threads { get; init; }

    /// <summary>Whether idle threads spin for the next run; null: where that pays (<see cref="ThreadSettings"/>).</summary>
    public bool? AllowSpinning { get; init; }

    /// <summary>What the graph is opened with.</summary>
    public ThreadSettings ThreadSettings => ThreadSettings.For(Threads, AllowSpinning);

    /// <summary>The most sequences with a cache, idle ones included; others are recomputed when they are needed again.</summary>
    public int MaxSequences { get; init; } = 16;

    /// <summary>The most bytes of all key-value caches together; idle sequences are recomputed when they are needed again. Null means no limit.</summary>
    public long? CacheBytes { get; init; }

    /// <summary>A folder with the native library, or null.</summary>
    public string? NativeFolder { get; init; }

    /// <summary>Where tokens are chosen.</summary>
    public GemmaSampler Sampler { get; init; }

    /// <summary>Receives what the native library logs.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
