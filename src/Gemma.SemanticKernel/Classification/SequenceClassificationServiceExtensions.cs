using Gemma.Runtime.Classification;
using Gemma.Runtime.Inputs;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel.Classification;

/// <summary>Convenience over <see cref="ISequenceClassificationService"/>.</summary>
public static class SequenceClassificationServiceExtensions
{
    /// <summary>Classifies one input.</summary>
    /// <param name="service">The service.</param>
    /// <param name="input">The input; a string converts.</param>
    /// <param name="options">Options, or null.</param>
    /// <param name="kernel">The kernel the call belongs to, or null.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<ClassificationResult> ClassifyAsync(this ISequenceClassificationService service, ClassificationInput input,
        ClassificationOptions? options = null, Kernel? kernel = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(input);
        return (await service.ClassifyAsync([input], options, kernel, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Makes a kernel service of a classifier.</summary>
    /// <param name="classifier">The classifier; it stays its owner's.</param>
    public static ISequenceClassificationService AsSequenceClassificationService(this ISequenceClassifier classifier)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        return new SequenceClassificationService(classifier, classifier.GetService<SequenceClassifierMetadata>()?.DefaultModelId);
    }
}
