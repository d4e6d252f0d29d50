using System.Runtime.CompilerServices;
using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Inputs;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Embeddings;

/// <summary>
/// Makes vectors of texts from the model's last hidden states, after the final norm. Texts of all callers are read together; the language-model head is not
/// computed.
/// </summary>
/// <remarks>Safe for concurrent use. Does not own the model. A vector does not depend on the batch its text came in.</remarks>
public sealed class GemmaEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly IGemmaModelSource _source;
    private readonly GemmaEmbeddingOptions _options;
    private readonly TimeProvider _time;
    private volatile EmbeddingGeneratorMetadata _metadata;
    private volatile ModelModules? _modules;

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
        _metadata = Describe(null);
    }

    /// <summary>How vectors are made unless a call says otherwise.</summary>
    internal GemmaEmbeddingOptions Options => _options;

    /// <inheritdoc/>
    /// <remarks>
    /// An empty text is read as its BOS alone. <see cref="EmbeddingGenerationOptions.RawRepresentationFactory"/> may give a <see cref="GemmaEmbeddingOptions"/>
    /// for the call; <see cref="EmbeddingGenerationOptions.AdditionalProperties"/> may give <c>truncate</c>, <c>prompt_name</c>, or <c>prompt</c>, the text
    /// itself.
    /// </remarks>
    /// <exception cref="GemmaContextLengthException">A text has more tokens than the context, and truncation was not asked for.</exception>
    /// <exception cref="GemmaOverloadedException">Too many requests wait for the model when the call begins.</exception>
    /// <exception cref="GemmaTimeoutException">A text took longer than <see cref="GemmaEmbeddingOptions.Timeout"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="EmbeddingGenerationOptions.Dimensions"/> is not between 1 and the vectors' width.</exception>
    /// <exception cref="ArgumentException">The model has no prompt of the name asked for, or a property has the wrong type.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        var tokens = 0L;
        await foreach (var (vector, count) in ReadAsync(values.Select(ClassificationInput.FromText).ToAsyncEnumerable(), options, cancellationToken)
            .ConfigureAwait(false))
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
    internal async IAsyncEnumerable<(float[] Vector, int Tokens)> ReadAsync(IAsyncEnumerable<ClassificationInput> inputs, EmbeddingGenerationOptions? options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var settings = options?.RawRepresentationFactory?.Invoke(this) as GemmaEmbeddingOptions ?? _options;
        if (settings.Timeout <= TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"{nameof(GemmaEmbeddingOptions)}.{nameof(GemmaEmbeddingOptions.Timeout)} is {settings.Timeout}, but must be positive.");
        }
        var truncates = LooseProperties.Flag(options?.AdditionalProperties, "truncate", nameof(EmbeddingGenerationOptions)) ?? settings.Truncate;
        InputEncoder encoder;
        SentenceModules? modules;
        GemmaTokenizer? tokenizer;
        int hidden, width;
        using (var lease = await _source.AcquireAsync(cancellationToken).ConfigureAwait(false))
        {
            hidden = lease.Model.Engine.HiddenSize;
            tokenizer = lease.Model.Tokenizer;
            modules = Modules(lease.Model);
            width = Width(lease.Model);
            _metadata = Describe(modules);

            // Where the folder says so, longer texts are cut, as sentence-transformers does.
            var limit = modules?.MaxTokens < lease.Model.ContextLength ? modules.MaxTokens : null;
            TokenizerSide? side = limit is not null ? tokenizer?.TruncationSide ?? TokenizerSide.Right : truncates ? TokenizerSide.Right : null;
            encoder = new InputEncoder(
                lease.Model,
                new InputLimits(limit, side, RecognizeControlTokens: false),
                $"{nameof(GemmaEmbeddingOptions)}.{nameof(GemmaEmbeddingOptions.Truncate)}",
                allowsEmpty: true);
        }

        var dimensions = options?.Dimensions;
        if (dimensions is { } asked && (asked < 1 || asked > width))
        {
            throw new ArgumentOutOfRangeException(nameof(options), asked,
                $"EmbeddingGenerationOptions.Dimensions must be 1 to {width}, the width of the model's vectors.");
        }
        var before = Prompt(options, settings, modules);
        var pooling = settings.Pooling ?? modules?.Pooling ?? EmbeddingPooling.Mean;
        var skipped = before is { Length: > 0 } && modules is { PoolsPrompts: false } ? PromptTokens(encoder, tokenizer, before) : 0;
        var stream = new TextStream(_source, RequestOperation.Embeddings, settings.Priority, settings.Timeout);
        await foreach (var (vector, count) in stream.RunAsync(inputs, Read, cancellationToken).ConfigureAwait(false))
            yield return (Finish(vector, modules, dimensions, settings.Normalize), count);

        EmbeddingReading Read(ClassificationInput input, int index, CancellationToken leaving)
        {
            var isPrompted = before is { Length: > 0 } && input.Text is not null;
            var prompted = isPrompted ? ClassificationInput.FromText(before + input.Text) : input;
            return new EmbeddingReading(encoder.Encode(prompted, index).Ids, new PooledStates(hidden, pooling, isPrompted ? skipped : 0), leaving);
        }
    }

    // A shortened vector gets its length after the cut.
    private static float[] Finish(float[] vector, SentenceModules? modules, int? dimensions, bool? normalize)
    {
        vector = modules?.Apply(vector) ?? vector;
        if (dimensions is { } length) vector = vector[..length];
        if (normalize ?? modules?.Normalizes ?? true) VectorScaling.ToUnitLength(vector);
        return vector;
    }

    // The text that is put before texts; ids are used as they are.
    private static string? Prompt(EmbeddingGenerationOptions? options, GemmaEmbeddingOptions settings, SentenceModules? modules)
    {
        if (LooseProperties.Text(options?.AdditionalProperties, "prompt", nameof(EmbeddingGenerationOptions)) is { } text) return text;
        var name = LooseProperties.Text(options?.AdditionalProperties, "prompt_name", nameof(EmbeddingGenerationOptions))
            ?? settings.PromptName
            ?? modules?.DefaultPromptName;
        if (name is null) return null;
        return modules?.Prompt(name) ?? throw new ArgumentException($"The model has no prompt named '{name}': its package has no {SentenceModules.FileName}.");
    }

    // As sentence-transformers counts: what the prompt alone is encoded to, without a token that only ends a text.
    private static int PromptTokens(InputEncoder encoder, GemmaTokenizer? tokenizer, string prompt)
    {
        var ids = encoder.Encode(ClassificationInput.FromText(prompt), 0).Ids;
        return ids.Length > 0 && tokenizer?.IsSpecialToken(ids[^1]) == true ? ids.Length - 1 : ids.Length;
    }

    /// <summary>How many numbers a loaded model's vectors have.</summary>
    internal int Width(GemmaModel model) => Modules(model)?.Width(model.Engine.HiddenSize) ?? model.Engine.HiddenSize;

    private SentenceModules? Modules(GemmaModel model)
    {
        if (_modules is { } known && known.Folder == model.Package.Folder) return known.Modules;
        var modules = SentenceModules.Load(model.Package.Folder, model.Engine.HiddenSize);
        _modules = new ModelModules(model.Package.Folder, modules);
        return modules;
    }

    private EmbeddingGeneratorMetadata Describe(SentenceModules? modules) =>
        new(GemmaModel.ProviderName, null, _source.ModelId, _source.HiddenSize is { } hidden ? modules?.Width(hidden) ?? hidden : null);

    private sealed record ModelModules(string Folder, SentenceModules? Modules);
}
