using System.Numerics.Tensors;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Generation;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Embeddings;

/// <summary>Makes vectors of texts from the model's last hidden states, after the final norm. Texts of all callers are read together; the language-model head is not computed.</summary>
/// <remarks>Safe for concurrent use. Does not own the model. A vector does not depend on the batch its text came in.</remarks>
public sealed class GemmaEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly IGemmaModelSource _source;
    private readonly GemmaEmbeddingOptions _options;
    private readonly TimeProvider _time;
    private volatile EmbeddingGeneratorMetadata _metadata;

    /// <summary>Creates a generator.</summary>
    /// <param name="source">A loaded model, or one that is loaded at the first request.</param>
    /// <param name="options">Pooling and normalisation, or null for the defaults.</param>
    /// <param name="timeProvider">The clock, or null for the system's.</param>
    public GemmaEmbeddingGenerator(IGemmaModelSource source, GemmaEmbeddingOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _options = options ?? new GemmaEmbeddingOptions();
        _time = timeProvider ?? TimeProvider.System;
        _metadata = Describe(source as GemmaModel);
    }

    /// <inheritdoc/>
    /// <exception cref="ClassificationInputException">A text is empty.</exception>
    /// <exception cref="GemmaContextLengthException">A text has more tokens than the context, and truncation was not asked for.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="EmbeddingGenerationOptions.Dimensions"/> is not between 1 and the hidden size.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        var tokens = 0L;
        await foreach (var (vector, count) in ReadAsync(values.Select(ClassificationInput.FromText).ToAsyncEnumerable(), options?.Dimensions, cancellationToken).ConfigureAwait(false))
        {
            embeddings.Add(new Embedding<float>(vector) { ModelId = _source.ModelId, CreatedAt = _time.GetUtcNow() });
            tokens += count;
        }

        embeddings.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return embeddings;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => ServiceLookup.Find(serviceType, serviceKey, this, _metadata, _source);

    /// <summary>Does nothing: the model belongs to whoever loaded it.</summary>
    public void Dispose()
    {
    }

    /// <summary>The vectors of texts or ids, in order, with their numbers of tokens.</summary>
    internal async IAsyncEnumerable<(float[] Vector, int Tokens)> ReadAsync(IAsyncEnumerable<ClassificationInput> inputs, int? dimensions, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var model = await _source.GetModelAsync(cancellationToken).ConfigureAwait(false);
        if (_metadata.DefaultModelDimensions is null) _metadata = Describe(model);
        var width = model.Reader.HiddenSize;
        if (dimensions is { } asked && (asked < 1 || asked > width)) throw new ArgumentOutOfRangeException(nameof(dimensions), asked, $"Dimensions must be 1 to {width}, the model's hidden size.");
        var encoder = new ClassificationEncoder(model, new ClassificationOptions { TruncationSide = _options.Truncate ? Tokenization.TokenizerSide.Right : null });
        await foreach (var result in OrderedPipeline.RunAsync(inputs, EmbedAsync, cancellationToken: cancellationToken).ConfigureAwait(false)) yield return result;

        async Task<(float[] Vector, int Tokens)> EmbedAsync(ClassificationInput input, int index, CancellationToken leaving)
        {
            var ids = encoder.Encode(input, index).Ids;
            using var lease = await _source.AcquireAsync(leaving).ConfigureAwait(false);
            var vector = await lease.Model.Reader.ReadAsync(new EmbeddingReading(ids, width, _options.Pooling, leaving)).ConfigureAwait(false);
            return (Finish(vector, dimensions), ids.Length);
        }
    }

    // A shortened vector gets its length after the cut.
    private float[] Finish(float[] vector, int? dimensions)
    {
        if (dimensions is { } length) vector = vector[..length];
        if (_options.Normalize && TensorPrimitives.Norm<float>(vector) is var norm and > 0) TensorPrimitives.Divide(vector, norm, vector);
        return vector;
    }

    private EmbeddingGeneratorMetadata Describe(GemmaModel? model) => new(GemmaChatClient.ProviderName, null, _source.ModelId, model?.Package.Config?.HiddenSize);
}
