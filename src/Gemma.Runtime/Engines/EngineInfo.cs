using Gemma.Runtime.Engines.Processors;

namespace Gemma.Runtime.Engines;

/// <summary>What an engine is and can do.</summary>
/// <param name="Name">"onnxruntime" or "onnxruntime-genai".</param>
/// <param name="Version">The native library's version.</param>
/// <param name="Device">"cpu" or "cuda".</param>
/// <param name="VocabularySize">Width of the logits; 0 for a package without language-model head.</param>
/// <param name="HiddenSize">Width of the hidden states.</param>
/// <param name="ContextLength">The most tokens a sequence can hold.</param>
/// <param name="MaxBatchSize">The most sequences of one run.</param>
/// <param name="BytesPerToken">Key-value cache bytes per token.</param>
/// <param name="SupportsHiddenStates">Whether inputs may ask for hidden states.</param>
/// <param name="MaxLogitsToKeep">The most logits rows per sequence and run (1 for a graph whose lm_head is pruned).</param>
internal sealed record EngineInfo(
    string Name,
    string Version,
    string Device,
    int VocabularySize,
    int HiddenSize,
    int ContextLength,
    int MaxBatchSize,
    long BytesPerToken,
    bool SupportsHiddenStates,
    int MaxLogitsToKeep)
{
    /// <summary>Threads that compute on the host, and whether they spin between pieces of work.</summary>
    public required ThreadSettings Threads { get; init; }

    /// <summary>Whether a copy of a sequence costs less than computing its tokens again.</summary>
    public bool CopiesSequences { get; init; } = true;

    /// <summary>Whether tokens can be appended to a sequence. False for models whose tokens see both sides: a text goes through in one piece.</summary>
    public bool ContinuesSequences { get; init; } = true;

    /// <summary>Whether several rows of logits of a sequence come out of one pass.</summary>
    public bool ComputesRowsTogether { get; init; } = true;
}
