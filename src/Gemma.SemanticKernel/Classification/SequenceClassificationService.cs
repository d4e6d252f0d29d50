using Gemma.Runtime.Classification;
using Gemma.Runtime.Inputs;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Services;

namespace Gemma.SemanticKernel.Classification;

/// <summary>A classifier's face for kernels.</summary>
internal sealed class SequenceClassificationService(ISequenceClassifier classifier, string? modelId) : ISequenceClassificationService
{
    public IReadOnlyDictionary<string, object?> Attributes { get; } = modelId is null
        ? new Dictionary<string, object?>()
        : new Dictionary<string, object?> { [AIServiceExtensions.ModelIdKey] = modelId };

    public Task<ClassificationResults> ClassifyAsync(IEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null, Kernel? kernel = null,
        CancellationToken cancellationToken = default) =>
        classifier.ClassifyAsync(inputs, options, cancellationToken);
}
