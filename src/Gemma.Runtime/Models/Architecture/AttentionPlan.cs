namespace Gemma.Runtime.Models.Architecture;

/// <summary>The attention of one layer.</summary>
internal sealed record AttentionPlan
{
    // ONNX Runtime's GroupQueryAttention rotates attention heads of these sizes only.
    private const int GraphMultiple = 16;

    /// <summary>Query heads.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>Key and value heads; divides <see cref="QueryHeads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of an attention head; even.</summary>
    public required int HeadSize { get; init; }

    /// <summary>What products of queries and keys are multiplied by.</summary>
    public required double Scale { get; init; }

    /// <summary>The rotary embedding.</summary>
    public required RotaryPlan Rotary { get; init; }

    /// <summary>A query sees keys at a smaller distance than this, its own position included; null: all.</summary>
    public int? Window { get; init; }

    /// <summary>Scores are bent to stay below it, cap · tanh(scores / cap); null: they are not.</summary>
    public double? SoftCap { get; init; }

    /// <summary>Whether a query sees only keys up to its own position.</summary>
    public bool IsCausal { get; init; } = true;

    /// <summary>Whether q, k, v and o projections have a bias.</summary>
    public bool HasBias { get; init; }

    /// <summary>Whether queries and keys are normalised per attention head before they are rotated.</summary>
    public bool NormalizesQueryKey { get; init; }

    /// <summary>Whether values are normalised per attention head, without weight.</summary>
    public bool NormalizesValue { get; init; }

    /// <summary>Whether values come from the key projection, before its norm: there is no value projection.</summary>
    public bool KeyIsValue { get; init; }

    /// <summary>The layer whose keys and values this one reads instead of its own, or null.</summary>
    public int? SharedCacheLayer { get; init; }

    /// <summary>Width of all query heads.</summary>
    public int QuerySize => QueryHeads * HeadSize;

    /// <summary>Width of all key heads.</summary>
    public int KeyValueSize => KeyValueHeads * HeadSize;

    /// <summary>Width of an attention head in graph and cache: filled up with zeros to what the operator takes.</summary>
    public int GraphHeadSize => (HeadSize + GraphMultiple - 1) / GraphMultiple * GraphMultiple;

    /// <summary>The attention's tensors.</summary>
    public IEnumerable<PlannedTensor> Tensors(int layer, int hiddenSize)
    {
        foreach (var (part, rows) in Inputs()) yield return new PlannedTensor(TensorNames.Weight(layer, part), rows, hiddenSize);
        yield return new PlannedTensor(TensorNames.Weight(layer, TensorNames.Output), hiddenSize, QuerySize);
        if (NormalizesQueryKey) yield return new PlannedTensor(TensorNames.Weight(layer, TensorNames.QueryNorm), HeadSize);
        if (NormalizesQueryKey && SharedCacheLayer is null) yield return new PlannedTensor(TensorNames.Weight(layer, TensorNames.KeyNorm), HeadSize);
        if (!HasBias) yield break;
        foreach (var (part, rows) in Inputs()) yield return new PlannedTensor(TensorNames.Bias(layer, part), rows);
        yield return new PlannedTensor(TensorNames.Bias(layer, TensorNames.Output), hiddenSize);
    }

    /// <summary>The projections into attention heads that the layer has, with their rows.</summary>
    public IEnumerable<(string Part, int Rows)> Inputs()
    {
        yield return (TensorNames.Query, QuerySize);
        if (SharedCacheLayer is not null) yield break;
        yield return (TensorNames.Key, KeyValueSize);
        if (!KeyIsValue) yield return (TensorNames.Value, KeyValueSize);
    }
}
