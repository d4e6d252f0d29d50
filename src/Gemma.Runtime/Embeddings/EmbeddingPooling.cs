namespace Gemma.Runtime.Embeddings;

/// <summary>How the states of a text's tokens become one vector. Source: sentence-transformers, <c>Pooling</c>.</summary>
public enum EmbeddingPooling
{
    /// <summary>Their mean, the BOS included, as sentence-transformers does.</summary>
    Mean,

    /// <summary>The last token's state, which has seen the whole text.</summary>
    LastToken,

    /// <summary>The first token's state, for models whose tokens see both sides: "cls".</summary>
    FirstToken,

    /// <summary>The largest value of each column.</summary>
    Max,

    /// <summary>Their sum divided by the square root of their number.</summary>
    MeanSqrtLength,

    /// <summary>Their mean, where the first counts once, the second twice, and so on.</summary>
    WeightedMean,
}
