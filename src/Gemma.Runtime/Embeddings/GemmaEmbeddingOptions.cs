namespace Gemma.Runtime.Embeddings;

/// <summary>How an embedding generator makes vectors.</summary>
public sealed record GemmaEmbeddingOptions
{
    /// <summary>How token states become one vector.</summary>
    /// <value>Default <see cref="EmbeddingPooling.Mean"/>.</value>
    public EmbeddingPooling Pooling { get; init; } = EmbeddingPooling.Mean;

    /// <summary>Whether vectors have length 1, so that dot product and cosine are the same.</summary>
    /// <value>Default true.</value>
    public bool Normalize { get; init; } = true;

    /// <summary>Whether a text beyond the context is cut at its end; otherwise it is refused.</summary>
    /// <value>Default false.</value>
    public bool Truncate { get; init; }
}
