using System.Numerics.Tensors;

namespace Gemma.Runtime.Models;

/// <summary>
/// A score head: a linear layer [labels, hidden] over the backbone's last normalised hidden state, and what its outputs mean. Source: transformers,
/// <c>modeling_layers.py</c>.
/// </summary>
/// <remarks>Immutable; safe for concurrent use.</remarks>
public sealed class ClassificationHead
{
    private readonly float[] _weight;
    private readonly float[]? _bias;

    internal ClassificationHead(float[] weight, float[]? bias)
    {
        _weight = weight;
        _bias = bias;
    }

    /// <summary>The head's name inside its package.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it scores a text or every token.</summary>
    public required ClassificationHeadKind Kind { get; init; }

    /// <summary>Names of the outputs, in the order of the logits.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>What the outputs mean.</summary>
    public required ClassificationProblem ProblemType { get; init; }

    /// <summary>The id that pooling skips at the end of a text (<c>config.pad_token_id</c>), or null: then the last token is pooled.</summary>
    public required int? PadTokenId { get; init; }

    /// <summary>Width of the hidden states it was trained on.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The weights, [labels, hidden], row-major.</summary>
    internal ReadOnlySpan<float> Weight => _weight;

    /// <summary>The bias, [labels], or empty.</summary>
    internal ReadOnlySpan<float> Bias => _bias;

    /// <summary>Computes the logits of one position.</summary>
    /// <param name="hidden">[hidden], the normalised hidden state.</param>
    /// <param name="logits">[labels], receives the result.</param>
    public void Compute(ReadOnlySpan<float> hidden, Span<float> logits)
    {
        if (hidden.Length != HiddenSize) throw new ArgumentException($"The hidden state has {hidden.Length} elements instead of {HiddenSize}.", nameof(hidden));
        if (logits.Length != Labels.Count) throw new ArgumentException($"There is room for {logits.Length} logits instead of {Labels.Count}.", nameof(logits));
        for (var label = 0; label < logits.Length; label++)
        {
            logits[label] = TensorPrimitives.Dot(hidden, _weight.AsSpan(label * HiddenSize, HiddenSize)) + (_bias is null ? 0 : _bias[label]);
        }
    }

    /// <summary>
    /// The index of the token whose hidden state a sequence head scores: the last whose id is not the padding id, 0 if there is none. Source: transformers,
    /// <c>GenericForSequenceClassification</c>.
    /// </summary>
    /// <param name="ids">A text's token ids, padding included if there is any.</param>
    public int PooledIndex(ReadOnlySpan<int> ids) => PadTokenId is { } pad ? Math.Max(0, ids.LastIndexOfAnyExcept(pad)) : ids.Length - 1;
}
