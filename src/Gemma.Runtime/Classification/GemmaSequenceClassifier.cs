using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Classification;

/// <summary>
/// Classifies texts with a score head of a package. Several heads, chat and embeddings share one loaded model; the language-model head is not computed.
/// </summary>
/// <remarks>Safe for concurrent use. Does not own the model. Texts of all callers are read together; the same text for several heads is read once.</remarks>
public sealed class GemmaSequenceClassifier : ISequenceClassifier
{
    private readonly IGemmaModelSource _source;
    private readonly HeadReader _reader;

    /// <summary>Creates a classifier.</summary>
    /// <param name="source">A loaded model, or one that is loaded at the first request.</param>
    /// <param name="head">The head's name; null for the package's only one, or the checkpoint's own.</param>
    /// <exception cref="UnknownHeadException">The model is loaded and has no such head; otherwise the first request throws it.</exception>
    public GemmaSequenceClassifier(IGemmaModelSource source, string? head = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _reader = new HeadReader(source, head, ClassificationHeadKind.Sequence);
    }

    /// <inheritdoc/>
    public async Task<ClassificationResults> ClassifyAsync(IEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return new ClassificationResults(await ClassifyStreamingAsync(inputs.ToAsyncEnumerable(), options, cancellationToken).ToListAsync(cancellationToken)
            .ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ClassificationResult> ClassifyStreamingAsync(IAsyncEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return _reader.RunAsync<ClassificationResult>(inputs, options,
            static (model, head, scorer) =>
            {
                var isCausal = model.Package.Config?.Plan.IsCausal ?? true;
                return (text, leaving) => new PooledReading(head, scorer, text, isCausal, leaving);
            }, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => ServiceLookup.Find(serviceType, serviceKey, this, _reader.Metadata, _source);

    /// <summary>Does nothing: the model belongs to whoever loaded it.</summary>
    public void Dispose()
    {
    }
}
