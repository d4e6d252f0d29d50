using Gemma.Json;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Runtime.Models;

/// <summary>A model's <c>config.json</c>, checked. Missing values are the defaults of transformers' class for the family.</summary>
/// <remarks>Immutable; safe for concurrent use. Source: transformers, <c>configuration_gemma.py</c> and its like.</remarks>
public sealed class GemmaConfig
{
    internal GemmaConfig(ModelFamily family, DecoderPlan plan, string className, ReadOnlyMemory<byte> json)
    {
        Family = family;
        Plan = plan;
        ClassName = className;
        Json = json;
    }

    /// <summary>The family: <c>model_type</c>.</summary>
    /// <value>Such as "gemma".</value>
    public string ModelType => Family.ModelType;

    /// <summary>What the class that the checkpoint was saved from puts on the backbone.</summary>
    /// <value>Default: <see cref="GemmaArchitecture.CausalLM"/>.</value>
    public GemmaArchitecture Architecture { get; internal init; }

    /// <summary>The class that the checkpoint was saved from, by transformers' name.</summary>
    /// <value>Such as "GemmaForCausalLM", the default.</value>
    public string ClassName { get; }

    /// <summary>Rows of the embedding.</summary>
    public int VocabSize => Plan.VocabSize;

    /// <summary>Width of the residual stream, and so of hidden states.</summary>
    public int HiddenSize => Plan.HiddenSize;

    /// <summary>The most positions the model was trained for.</summary>
    public int MaxPositionEmbeddings => Plan.ContextLength;

    /// <summary>The token that begins a text, or null.</summary>
    /// <value>Default 2.</value>
    public int? BosTokenId { get; internal init; }

    /// <summary>The tokens that end a text.</summary>
    /// <value>Default 1.</value>
    public IReadOnlyList<int> EosTokenIds { get; internal init; } = [];

    /// <summary>The padding token, or null.</summary>
    /// <value>Default 0.</value>
    public int? PadTokenId { get; internal init; }

    /// <summary>Names of the score head's outputs, in order.</summary>
    /// <value>Default LABEL_0 and LABEL_1; empty for models without score head.</value>
    public IReadOnlyList<string> Labels { get; internal init; } = [];

    /// <summary>What the score head's outputs mean.</summary>
    /// <value>Default <see cref="ClassificationProblem.Unspecified"/>.</value>
    public ClassificationProblem ProblemType { get; internal init; }

    /// <summary>The method that has packed the weights, as config.json says, or null. It may say so although the weights were unpacked since.</summary>
    internal string? PackedBy { get; init; }

    /// <summary>
    /// Whether the model predicts tokens: it was saved with a language-model head, or its embedding serves as one, and no token sees those after it.
    /// </summary>
    internal bool HasLmHead => Architecture is GemmaArchitecture.CausalLM or GemmaArchitecture.Model && Plan.IsCausal;

    /// <summary>The row that read it.</summary>
    internal ModelFamily Family { get; }

    /// <summary>What the decoder computes.</summary>
    internal DecoderPlan Plan { get; }

    /// <summary>The text that was read, UTF-8.</summary>
    internal ReadOnlyMemory<byte> Json { get; }

    /// <summary>Reads and checks a <c>config.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidModelException">The file is missing, malformed, of another family or inconsistent.</exception>
    public static GemmaConfig Load(string path)
    {
        using var document = JsonSection.Load(path);
        return GemmaConfigReader.Read(path, document);
    }

    /// <summary>Reads and checks the content of a <c>config.json</c>.</summary>
    /// <param name="json">The text: one object.</param>
    /// <exception cref="InvalidModelException">The text is malformed, of another family or inconsistent.</exception>
    public static GemmaConfig Parse(string json)
    {
        ArgumentException.ThrowIfNullOrEmpty(json);
        return Parse("config.json", System.Text.Encoding.UTF8.GetBytes(json));
    }

    /// <summary>Reads and checks the content of a <c>config.json</c> that was made from elsewhere.</summary>
    internal static GemmaConfig Parse(string path, ReadOnlyMemory<byte> json)
    {
        using var document = JsonSection.Parse(path, json);
        return GemmaConfigReader.Read(path, document);
    }
}
