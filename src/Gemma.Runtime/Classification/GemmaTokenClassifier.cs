using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Classification;

/// <summary>Classifies the tokens of texts with a token head of a package.</summary>
/// <remarks>Safe for concurrent use. Does not own the model.</remarks>
public sealed class GemmaTokenClassifier : ITokenClassifier
{
    private readonly IGemmaModelSource _source;
    private readonly HeadReader _reader;

    /// <summary>Creates a classifier.</summary>
    /// <param name="source">A loaded model, or one that is loaded at the first request.</param>
    /// <param name="head">The head's name; null for the package's only one, or the checkpoint's own.</param>
    /// <exception cref="UnknownHeadException">The model is loaded and has no such head; otherwise the first request throws it.</exception>
    public GemmaTokenClassifier(IGemmaModelSource source, string? head = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _reader = new HeadReader(source, head, ClassificationHeadKind.Token);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<TokenClassificationResult> ClassifyTokensAsync(IAsyncEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return _reader.RunAsync<TokenClassificationResult>(
            inputs,
            options,
            static (model, head, scorer) =>
            {
                Func<int, string?> piece = model.Tokenizer is { } tokenizer ? tokenizer.GetPiece : static _ => null;
                return (text, leaving) => new TokenReading(head, scorer, text, piece, leaving);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => ServiceLookup.Find(serviceType, serviceKey, this, _reader.Metadata, _source);

    /// <summary>Does nothing: the model belongs to whoever loaded it.</summary>
    public void Dispose()
    {
    }
}
