namespace Gemma.Runtime.Embeddings;

/// <summary>
/// What a sentence-transformers folder does with token states: pooling, then matrices and scaling in their order; and its prompts. Read from the package's
/// <c>modules.json</c>.
/// </summary>
/// <remarks>Immutable; safe for concurrent use. Source: sentence-transformers, <c>SentenceTransformer</c>.</remarks>
internal sealed class SentenceModules
{
    /// <summary>The file that lists the modules.</summary>
    public const string FileName = "modules.json";

    /// <summary>The file with the prompts.</summary>
    public const string ConfigFileName = "config_sentence_transformers.json";

    /// <summary>The file of the first module, the transformer.</summary>
    public const string TransformerFileName = "sentence_bert_config.json";

    /// <summary>The most tokens of a text, or null for the model's own limit; longer texts are cut.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How token states become one vector.</summary>
    public required EmbeddingPooling Pooling { get; init; }

    /// <summary>Whether a prompt's tokens are pooled with those of its text.</summary>
    public bool PoolsPrompts { get; init; } = true;

    /// <summary>What happens to that vector, in order; null is scaling to length 1.</summary>
    public required IReadOnlyList<DenseModule?> Steps { get; init; }

    /// <summary>Texts that are put before what is embedded, by the name of the task.</summary>
    public required IReadOnlyDictionary<string, string> Prompts { get; init; }

    /// <summary>The prompt of texts that name none, or null.</summary>
    public required string? DefaultPromptName { get; init; }

    /// <summary>Whether vectors have length 1 at the end.</summary>
    public bool Normalizes => Steps is [.., null];

    /// <summary>The width of vectors.</summary>
    /// <param name="hiddenSize">Width of token states.</param>
    public int Width(int hiddenSize) => Steps.LastOrDefault(step => step is not null)?.OutputSize ?? hiddenSize;

    /// <summary>Applies the steps to a pooled vector; the last scaling is left to the caller, who may cut before.</summary>
    public float[] Apply(float[] vector)
    {
        for (var i = 0; i < Steps.Count; i++)
        {
            if (Steps[i] is { } dense) vector = dense.Apply(vector);
            else if (i < Steps.Count - 1) VectorScaling.ToUnitLength(vector);
        }

        return vector;
    }

    /// <summary>The text of a prompt.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public string Prompt(string name) =>
        Prompts.GetValueOrDefault(name)
            ?? throw new ArgumentException($"The model has no prompt named '{name}'; it has {(Prompts.Count == 0 ? "none" : string.Join(", ", Prompts.Keys))}.",
                nameof(name));

    /// <summary>Reads the modules of a folder, or null where it lists none.</summary>
    /// <param name="folder">A package.</param>
    /// <param name="hiddenSize">Width of token states.</param>
    /// <exception cref="InvalidModelException">A file is malformed, or a module is none that is run here.</exception>
    public static SentenceModules? Load(string folder, int hiddenSize) =>
        File.Exists(Path.Combine(folder, FileName)) ? new SentenceModulesReader(folder).Read(hiddenSize) : null;
}
