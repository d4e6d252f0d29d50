using Gemma.Json;

namespace Gemma.Runtime.Models;

/// <summary>The shape of a Gemma model: <c>config.json</c>, checked. Missing values are GemmaConfig's defaults, which are the 7b shape.</summary>
/// <remarks>Immutable. Source: transformers, <c>configuration_gemma.py</c>.</remarks>
public sealed record GemmaConfig
{
    /// <summary>The family.</summary>
    /// <value>"gemma".</value>
    public string ModelType { get; init; } = "gemma";

    /// <summary>The class the checkpoint was saved from.</summary>
    /// <value>Default: <see cref="GemmaArchitecture.CausalLM"/>.</value>
    public GemmaArchitecture Architecture { get; init; }

    /// <summary>Rows of the embedding.</summary>
    /// <value>Default 256000.</value>
    public int VocabSize { get; init; } = 256000;

    /// <summary>Width of the residual stream.</summary>
    /// <value>Default 3072.</value>
    public int HiddenSize { get; init; } = 3072;

    /// <summary>Width of one of the feed-forward network's two inner projections.</summary>
    /// <value>Default 24576.</value>
    public int IntermediateSize { get; init; } = 24576;

    /// <summary>Decoder layers.</summary>
    /// <value>Default 28.</value>
    public int NumHiddenLayers { get; init; } = 28;

    /// <summary>Query heads.</summary>
    /// <value>Default 16.</value>
    public int NumAttentionHeads { get; init; } = 16;

    /// <summary>Key and value heads; divides <see cref="NumAttentionHeads"/>.</summary>
    /// <value>Default 16; 1 is multi-query attention (2b).</value>
    public int NumKeyValueHeads { get; init; } = 16;

    /// <summary>Width of a head; even. Heads × width need not be <see cref="HiddenSize"/>.</summary>
    /// <value>Default 256.</value>
    public int HeadDim { get; init; } = 256;

    /// <summary>The most positions the model was trained for.</summary>
    /// <value>Default 8192.</value>
    public int MaxPositionEmbeddings { get; init; } = 8192;

    /// <summary>Added to the mean square in RMSNorm.</summary>
    /// <value>Default 1e-6.</value>
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Base of the rotary embedding's frequencies.</summary>
    /// <value>Default 10000.</value>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Divides the positions (linear RoPE scaling).</summary>
    /// <value>Default 1.</value>
    public double RopeScalingFactor { get; init; } = 1;

    /// <summary>Whether q, k, v and o projections have a bias.</summary>
    /// <value>Default false.</value>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the language-model head is the embedding.</summary>
    /// <value>Default true.</value>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>The token that begins a text, or null.</summary>
    /// <value>Default 2.</value>
    public int? BosTokenId { get; init; } = 2;

    /// <summary>The tokens that end a text.</summary>
    /// <value>Default 1.</value>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [1];

    /// <summary>The padding token, or null.</summary>
    /// <value>Default 0.</value>
    public int? PadTokenId { get; init; } = 0;

    /// <summary>Names of the score head's outputs, in order.</summary>
    /// <value>Default LABEL_0 and LABEL_1; empty for models without score head.</value>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>What the score head's outputs mean.</summary>
    /// <value>Default <see cref="ClassificationProblem.Unspecified"/>.</value>
    public ClassificationProblem ProblemType { get; init; }

    /// <summary>Width of all query heads.</summary>
    public int QuerySize => NumAttentionHeads * HeadDim;

    /// <summary>Width of all key heads.</summary>
    public int KeyValueSize => NumKeyValueHeads * HeadDim;

    /// <summary>Reads and checks a <c>config.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidModelException">The file is missing, malformed, of another family or inconsistent.</exception>
    public static GemmaConfig Load(string path)
    {
        using var document = JsonSection.Load(path);
        return GemmaConfigReader.Read(JsonSection.Root(path, document));
    }

    /// <summary>Reads and checks the content of a <c>config.json</c> that was made from elsewhere.</summary>
    internal static GemmaConfig Parse(string path, ReadOnlyMemory<byte> json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return GemmaConfigReader.Read(JsonSection.Root(path, document));
    }
}
