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

    /// <summary>The most tokens of a sequence.</summary>
    public required int ContextLength { get; init; }

    /// <summary>The most sequences in the key-value cache, idle ones included.</summary>
    public int MaxSequences { get; init; } = 16;

    /// <summary>Rows of the embedding; 0 takes the width of the logits. A graph without lm_head needs it to refuse ids outside the vocabulary.</summary>
    public int VocabularySize { get; init; }

    /// <summary>What the graphs are opened with.</summary>
    public ThreadSettings ThreadSettings => ThreadSettings.For(Engine.Threads, Engine.AllowSpinning);
}
