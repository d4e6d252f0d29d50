namespace Gemma.Runtime.Embeddings;

/// <summary>How the states of a text's tokens become one vector.</summary>
public enum EmbeddingPooling
{
    /// <summary>Their mean, the BOS included, as sentence-transformers does.</summary>
    Mean,

    /// <summary>The last token's state, which has seen the whole text.</summary>
    LastToken,
}
