namespace Gemma.Runtime.Classification;

/// <summary>What turns logits into scores: the pipeline's <c>function_to_apply</c>.</summary>
public enum ClassificationFunction
{
    /// <summary>The scores are the logits.</summary>
    None,

    /// <summary>Each label has a probability of its own.</summary>
    Sigmoid,

    /// <summary>The labels' probabilities sum to one.</summary>
    Softmax,
}
