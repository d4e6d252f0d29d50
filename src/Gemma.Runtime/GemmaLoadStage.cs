namespace Gemma.Runtime;

/// <summary>What the loading of a model is at; the stages follow each other.</summary>
public enum GemmaLoadStage
{
    /// <summary>The package's files are opened and checked, and tokenizer and template read.</summary>
    Package,

    /// <summary>The weights are packed for this processor, or the saved ones checked, where the options ask for it.</summary>
    Weights,

    /// <summary>The native library opens the graph: most of the time.</summary>
    Graph,

    /// <summary>It opens the draft model's graph, where there is one.</summary>
    DraftGraph,

    /// <summary>The model answers.</summary>
    Ready,
}
