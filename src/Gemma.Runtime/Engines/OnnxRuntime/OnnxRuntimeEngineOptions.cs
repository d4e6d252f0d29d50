using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Engines.Processors;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>What the ONNX Runtime engine opens, and how.</summary>
internal sealed record OnnxRuntimeEngineOptions
{
    /// <summary>What was asked for; device and paths are already decided below.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>Where to compute: the processor or an NVIDIA GPU.</summary>
    public GemmaDevice Device { get; init; }

    /// <summary>The graph's file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>A second graph for prompts over the same caches, or null.</summary>
    public string? PrefillModelPath { get; init; }

    /// <summary>The caches as the package describes them; null where the graph says how large they are.</summary>
    public KeyValueLayout? KeyValueLayout { get; init; }

    /// <summary>
    /// Tokens that caches of sliding-window layers keep besides the window; null: they keep all of them, as those of graphs of other builders do.
    /// </summary>
    public int? WindowRoom { get; init; } = KeyValueLayout.WindowRoom;

    /// <summary>Whether a sequence's part of the cache takes memory only for its own tokens; if not, as much as the longest one's.</summary>
    public bool SparseCache { get; init; } = CacheBuffer.SupportsSparse;

    /// <summary>
    /// Whether a sparse cache's addresses are all reserved at once, so that nothing moves when sequences grow. Not for attention with a soft cap or in 16
    /// bits: ONNX Runtime's workspace for it is as long as the cache.
    /// </summary>
    public bool ReservesCache { get; init; } = true;

    /// <summary>The most tokens of a sequence.</summary>
    public required int ContextLength { get; init; }

    /// <summary>The most sequences in the key-value cache, idle ones included.</summary>
    public int MaxSequences { get; init; } = 16;

    /// <summary>Rows of the embedding; 0 takes the width of the logits. A graph without lm_head needs it to refuse ids outside the vocabulary.</summary>
    public int VocabularySize { get; init; }

    /// <summary>What the graphs are opened with.</summary>
    public ThreadSettings ThreadSettings => ThreadSettings.For(Engine.Threads, Engine.AllowSpinning);
}
