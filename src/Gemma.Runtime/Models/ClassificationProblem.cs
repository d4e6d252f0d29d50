namespace Gemma.Runtime.Models;

/// <summary>What a score head's outputs mean: transformers' <c>problem_type</c>.</summary>
public enum ClassificationProblem
{
    /// <summary>Not stated: one label means a sigmoid score, several mean softmax.</summary>
    Unspecified,

    /// <summary>"regression": raw numbers.</summary>
    Regression,

    /// <summary>"single_label_classification": softmax over the labels.</summary>
    SingleLabel,

    /// <summary>"multi_label_classification": a sigmoid per label.</summary>
    MultiLabel,
}
