using Gemma.Runtime.Chat;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Classification;

/// <summary>Classifies texts with a score head of a package. Several heads, chat and embeddings share one loaded model; the language-model head is not computed.</summary>
/// <remarks>Safe for concurrent use. Does not own the model. Texts of all callers are read together; the same text for several heads is read once.</remarks>
public sealed class GemmaSequenceClassifier : ISequenceClassifier
{
    private readonly IGemmaModelSource _source;
    private readonly string? _headName;
    private volatile SequenceClassifierMetadata? _metadata;

    /// <summary>Creates a classifier.</summary>
    /// <param name="source">A loaded model, or one that is loaded at the first request.</param>
    /// <param name="head">The head's name; null for the package's only one, or the checkpoint's own.</param>
    /// <exception cref="UnknownHeadException">The model is loaded and has no such head; otherwise the first request throws it.</exception>
    public GemmaSequenceClassifier(IGemmaModelSource source, string? head = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _headName = head;
        if (source is GemmaModel model) _ = Open(model);
    }

    /// <inheritdoc/>
    public async Task<ClassificationResults> ClassifyAsync(IEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        List<ClassificationResult> results = [];
        await foreach (var result in ClassifyStreamingAsync(inputs.ToAsyncEnumerable(), options, cancellationToken).ConfigureAwait(false)) results.Add(result);
        return new ClassificationResults(results);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ClassificationResult> ClassifyStreamingAsync(IAsyncEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        options ??= new ClassificationOptions();
        var model = await _source.GetModelAsync(cancellationToken).ConfigureAwait(false);
        var head = Open(model);
        options.Validate(head.Labels);
        var encoder = new ClassificationEncoder(model, options);
        var scorer = new LabelScorer(head.Labels, head.ProblemType, options);
        await foreach (var result in OrderedPipeline.RunAsync(inputs, ReadAsync, cancellationToken: cancellationToken).ConfigureAwait(false)) yield return result;

        // A stream may outlive the model: one that was unloaded while the source was silent is loaded again.
        async Task<ClassificationResult> ReadAsync(ClassificationInput input, int index, CancellationToken leaving)
        {
            using var lease = await _source.AcquireAsync(leaving).ConfigureAwait(false);
            return await lease.Model.Reader.ReadAsync(new PooledReading(head, scorer, encoder.Encode(input, index), leaving)).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => ServiceLookup.Find(serviceType, serviceKey, this, _metadata, _source);

    /// <summary>Does nothing: the model belongs to whoever loaded it.</summary>
    public void Dispose()
    {
    }

    private ClassificationHead Open(GemmaModel model)
    {
        var head = HeadSelection.Find(model.Package, _headName, ClassificationHeadKind.Sequence);
        _metadata ??= new SequenceClassifierMetadata(GemmaChatClient.ProviderName, _source.ModelId, head.Name, head.Labels, head.ProblemType);
        return head;
    }
}
