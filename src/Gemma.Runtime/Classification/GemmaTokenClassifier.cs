using System.Runtime.CompilerServices;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Classification;

/// <summary>Classifies the tokens of texts with a token head of a package.</summary>
/// <remarks>Safe for concurrent use. Does not own the model.</remarks>
public sealed class GemmaTokenClassifier : ITokenClassifier
{
    private readonly IGemmaModelSource _source;
    private readonly string? _headName;
    private volatile SequenceClassifierMetadata? _metadata;

    /// <summary>Creates a classifier.</summary>
    /// <param name="source">A loaded model, or one that is loaded at the first request.</param>
    /// <param name="head">The head's name; null for the package's only one, or the checkpoint's own.</param>
    /// <exception cref="UnknownHeadException">The model is loaded and has no such head; otherwise the first request throws it.</exception>
    public GemmaTokenClassifier(IGemmaModelSource source, string? head = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _headName = head;
        if (source is GemmaModel model) _ = Open(model);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<TokenClassificationResult> ClassifyTokensAsync(IAsyncEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        options ??= new ClassificationOptions();
        var model = await _source.GetModelAsync(cancellationToken).ConfigureAwait(false);
        var head = Open(model);
        options.Validate(head.Labels);
        var encoder = new ClassificationEncoder(model, options);
        var scorer = new LabelScorer(head.Labels, head.ProblemType, options);
        Func<int, string?> piece = model.Tokenizer is { } tokenizer ? tokenizer.GetPiece : static _ => null;
        await foreach (var result in OrderedPipeline.RunAsync(inputs, ReadAsync, cancellationToken: cancellationToken).ConfigureAwait(false)) yield return result;

        // A stream may outlive the model: one that was unloaded while the source was silent is loaded again.
        async Task<TokenClassificationResult> ReadAsync(ClassificationInput input, int index, CancellationToken leaving)
        {
            using var lease = await _source.AcquireAsync(leaving).ConfigureAwait(false);
            return await lease.Model.Reader.ReadAsync(new TokenReading(head, scorer, encoder.Encode(input, index), piece, leaving)).ConfigureAwait(false);
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
        var head = HeadSelection.Find(model.Package, _headName, ClassificationHeadKind.Token);
        _metadata ??= new SequenceClassifierMetadata(GemmaChatClient.ProviderName, _source.ModelId, head.Name, head.Labels, head.ProblemType);
        return head;
    }
}
