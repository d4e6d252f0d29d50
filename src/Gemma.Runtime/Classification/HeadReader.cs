using System.Runtime.CompilerServices;
using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Generation.Pooling;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Classification;

/// <summary>Runs a head of a model over streams of texts: what the classifiers of texts and of tokens share.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class HeadReader
{
    private readonly IGemmaModelSource _source;
    private readonly string? _name;
    private readonly ClassificationHeadKind _kind;
    private volatile SequenceClassifierMetadata? _metadata;

    /// <summary>Creates a reader.</summary>
    /// <param name="source">Gives the model.</param>
    /// <param name="name">The head's name; null for the only one of its kind, or the checkpoint's own.</param>
    /// <param name="kind">What the head labels.</param>
    /// <exception cref="UnknownHeadException">The source is a model that has no such head.</exception>
    public HeadReader(IGemmaModelSource source, string? name, ClassificationHeadKind kind)
    {
        _source = source;
        _name = name;
        _kind = kind;
        if (source is GemmaModel model) _ = Open(model);
    }

    /// <summary>The head's labels, or null before the model is there.</summary>
    public SequenceClassifierMetadata? Metadata => _metadata;

    /// <summary>Reads texts.</summary>
    /// <param name="inputs">The texts.</param>
    /// <param name="options">The options, or null for the defaults.</param>
    /// <param name="prepare">Given model, head and scorer, says how a text is read.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async IAsyncEnumerable<TResult> RunAsync<TResult>(
        IAsyncEnumerable<ClassificationInput> inputs,
        ClassificationOptions? options,
        Func<GemmaModel, ClassificationHead, LabelScorer, Func<EncodedText, CancellationToken, PoolingRequest<TResult>>> prepare,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        options ??= new ClassificationOptions();
        InputEncoder encoder;
        Func<EncodedText, CancellationToken, PoolingRequest<TResult>> read;
        using (var lease = await _source.AcquireAsync(cancellationToken).ConfigureAwait(false))
        {
            var head = Open(lease.Model);
            options.Validate(head.Labels);
            encoder = new InputEncoder(lease.Model, new InputLimits(options.MaxLength, options.TruncationSide, options.RecognizeControlTokens));
            read = prepare(lease.Model, head, new LabelScorer(head.Labels, head.ProblemType, WithFunction(options, head)));
        }

        var stream = new TextStream(_source, RequestOperation.Classification, options.Priority, options.Timeout);
        await foreach (var result in stream.RunAsync(inputs, (input, index, leaving) => read(encoder.Encode(input, index), leaving), cancellationToken)
            .ConfigureAwait(false)) yield return result;
    }

    private ClassificationHead Open(GemmaModel model)
    {
        var head = HeadSelection.Find(model.Package, _name, _kind);
        _metadata ??= new SequenceClassifierMetadata(GemmaModel.ProviderName, _source.ModelId, head.Name, head.Labels, head.ProblemType);
        return head;
    }

    // transformers' pipeline for tokens asks nothing of the configuration. Source: pipelines/token_classification.py.
    private static ClassificationOptions WithFunction(ClassificationOptions options, ClassificationHead head) =>
        head.Kind == ClassificationHeadKind.Token && options.Function is null ? options with { Function = ClassificationFunction.Softmax } : options;
}
