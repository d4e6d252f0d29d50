using Gemma.Runtime.Models;

namespace Gemma.Runtime.Classification;

/// <summary>Describes a classifier.</summary>
/// <param name="ProviderName">Who computes, such as "gemma".</param>
/// <param name="DefaultModelId">The model's name.</param>
/// <param name="HeadName">The head's name, or null.</param>
/// <param name="Labels">Names of the labels, in the order of the logits.</param>
/// <param name="ProblemType">What the outputs mean.</param>
public sealed record SequenceClassifierMetadata(string ProviderName, string? DefaultModelId, string? HeadName, IReadOnlyList<string> Labels,
    ClassificationProblem ProblemType);
