using Gemma.Runtime.Engines.Processors;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>How the ONNX Runtime engine opens a graph.</summary>
internal sealed record OnnxRuntimeEngineOptions
{
    /// <summary>Threads of one run; 0: <see cref="Processors.ProcessorReport.Threads"/>.</summary>
    public int Threads { get; init; }

    /// <summary>The most sequences in the key-value cache, idle ones included.</summary>
    public int MaxSequences { get; init; } = 16;

    /// <summary>The most bytes of the key-value cache; null: <see cref="CacheBudget.DefaultBytes"/>.</summary>
    public long? CacheBytes { get; init; }

    /// <summary>Whether idle threads spin for the next run; null: where that pays (<see cref="ThreadSettings"/>).</summary>
    public bool? AllowSpinning { get; init; }

    /// <summary>What the graphs are opened with.</summary>
    public ThreadSettings ThreadSettings => ThreadSettings.For(Threads, AllowSpinning);

    /// <summary>Rows of the embedding; 0 takes the width of the logits. A graph without head needs it to refuse ids outside the vocabulary.</summary>
    public int VocabularySize { get; init; }

    /// <summary>Where to compute: the processor or an NVIDIA GPU, already decided.</summary>
    public GemmaDevice Device { get; init; }

    /// <summary>Which of several GPUs, from 0.</summary>
    public int DeviceIndex { get; init; }

    /// <summary>Options of the device's execution provider, by ONNX Runtime's names.</summary>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>The graph's file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>A second graph for prompts over the same caches, or null.</summary>
    public string? PrefillModelPath { get; init; }

    /// <summary>The caches as the package describes them; null where the graph says how large they are.</summary>
    public KeyValueLayout? KeyValueLayout { get; init; }

    /// <summary>The most tokens of a sequence.</summary>
    public required int ContextLength { get; init; }
}
