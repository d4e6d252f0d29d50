using Gemma.Runtime.Inputs;

namespace Gemma.Runtime.Classification;

/// <summary>A classifier that passes everything on to another; derive from it to add behaviour around one.</summary>
/// <param name="innerClassifier">The classifier to wrap; it is disposed with the wrapper.</param>
public abstract class DelegatingSequenceClassifier(ISequenceClassifier innerClassifier) : ISequenceClassifier
{
    /// <summary>The wrapped classifier.</summary>
    protected ISequenceClassifier InnerClassifier { get; } = innerClassifier ?? throw new ArgumentNullException(nameof(innerClassifier));

    /// <inheritdoc/>
    public virtual Task<ClassificationResults> ClassifyAsync(IEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null,
        CancellationToken cancellationToken = default) =>
        InnerClassifier.ClassifyAsync(inputs, options, cancellationToken);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<ClassificationResult> ClassifyStreamingAsync(IAsyncEnumerable<ClassificationInput> inputs,
        ClassificationOptions? options = null, CancellationToken cancellationToken = default) =>
        InnerClassifier.ClassifyStreamingAsync(inputs, options, cancellationToken);

    /// <inheritdoc/>
    public virtual object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : InnerClassifier.GetService(serviceType, serviceKey);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes the wrapped classifier.</summary>
    /// <param name="disposing">Whether the caller is <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) InnerClassifier.Dispose();
    }
}
