using Gemma.Runtime.Inputs;

namespace Gemma.Runtime.Classification;

/// <summary>Gives calls without options some.</summary>
internal sealed class DefaultOptionsClassifier(ISequenceClassifier innerClassifier, ClassificationOptions defaults)
    : DelegatingSequenceClassifier(innerClassifier)
{
    public override Task<ClassificationResults> ClassifyAsync(IEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null,
        CancellationToken cancellationToken = default) =>
        base.ClassifyAsync(inputs, options ?? defaults, cancellationToken);

    public override IAsyncEnumerable<ClassificationResult> ClassifyStreamingAsync(IAsyncEnumerable<ClassificationInput> inputs,
        ClassificationOptions? options = null, CancellationToken cancellationToken = default) =>
        base.ClassifyStreamingAsync(inputs, options ?? defaults, cancellationToken);
}
