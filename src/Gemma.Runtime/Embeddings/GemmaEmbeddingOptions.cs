namespace Gemma.Runtime.Embeddings;

/// <summary>How an embedding generator makes vectors.</summary>
public sealed record GemmaEmbeddingOptions
{
    /// <summary>How token states become one vector.</summary>
    /// <value>Default null: as the package's <c>modules.json</c> says, else <see cref="EmbeddingPooling.Mean"/>.</value>
    public EmbeddingPooling? Pooling { get; init; }

    /// <summary>Whether vectors have length 1, so that dot product and cosine are the same.</summary>
    /// <value>Default null: as the package's <c>modules.json</c> says, else true.</value>
    public bool? Normalize { get; init; }

    /// <summary>
    /// Whether a text beyond the context is cut at its end; otherwise it is refused. A request can say otherwise: <c>truncate</c> in its
    /// <c>AdditionalProperties</c>.
    /// </summary>
    /// <value>Default false.</value>
    public bool Truncate { get; init; }

    /// <summary>Among waiting requests those of a higher priority start first; ten seconds of waiting count as one more.</summary>
    /// <value>Any number; default 0.</value>
    public int Priority { get; init; }

    /// <summary>How long each text may take, waiting included; then the call ends with <see cref="GemmaTimeoutException"/>.</summary>
    /// <value>Positive; default null: as long as it takes.</value>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// The name of the prompt that is put before texts, from the package's <c>config_sentence_transformers.json</c>, such as "query" or "document". A request
    /// can name another: <c>prompt_name</c> or the text itself, <c>prompt</c>, in its <c>AdditionalProperties</c>.
    /// </summary>
    /// <value>Default null: the file's <c>default_prompt_name</c>, if it names one.</value>
    public string? PromptName { get; init; }
}
