namespace Gemma.Runtime.Models.Architecture;

/// <summary>One decoder layer: h += norm(attention(norm(h))), then h += norm(feed-forward(norm(h))). Norms are named as the checkpoint names them.</summary>
internal sealed record LayerPlan
{
    /// <summary>The norm of what attention reads.</summary>
    public string InputNorm { get; init; } = "input_layernorm";

    /// <summary>The norm of what attention adds, or null.</summary>
    public string? PostAttentionNorm { get; init; }

    /// <summary>The norm of what the feed-forward network reads.</summary>
    public required string PreFeedForwardNorm { get; init; }

    /// <summary>The norm of what the feed-forward network adds, or null.</summary>
    public string? PostFeedForwardNorm { get; init; }

    /// <summary>The attention.</summary>
    public required AttentionPlan Attention { get; init; }

    /// <summary>The feed-forward network.</summary>
    public required FeedForwardPlan FeedForward { get; init; }

    /// <summary>Whether the stream is multiplied by a stored number at the end of the layer.</summary>
    public bool HasScale { get; init; }

    /// <summary>A layer with norms before and after both of its parts.</summary>
    public static LayerPlan WithFourNorms(AttentionPlan attention, FeedForwardPlan feedForward) => new()
    {
        PostAttentionNorm = "post_attention_layernorm",
        PreFeedForwardNorm = "pre_feedforward_layernorm",
        PostFeedForwardNorm = "post_feedforward_layernorm",
        Attention = attention,
        FeedForward = feedForward,
    };

    /// <summary>The layer's tensors.</summary>
    /// <param name="layer">Its number, from 0.</param>
    /// <param name="hiddenSize">Width of the residual stream.</param>
    public IEnumerable<PlannedTensor> Tensors(int layer, int hiddenSize)
    {
        foreach (var norm in (string?[])[InputNorm, PostAttentionNorm, PreFeedForwardNorm, PostFeedForwardNorm])
        {
            if (norm is not null) yield return new PlannedTensor(TensorNames.Weight(layer, norm), hiddenSize);
        }

        foreach (var tensor in Attention.Tensors(layer, hiddenSize)) yield return tensor;
        foreach (var tensor in FeedForward.Tensors(layer, hiddenSize)) yield return tensor;
        if (HasScale) yield return new PlannedTensor(TensorNames.Plain(layer, TensorNames.LayerScale), 1);
    }
}
