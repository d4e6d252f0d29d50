namespace Gemma.Runtime.Models.Architecture;

/// <summary>
/// What there is to know about a decoder: everything that graph, weights, caches, estimates and configurations ask. It is read from <c>config.json</c> by the
/// row of its family (<see cref="ModelFamily"/>); who has a plan never asks for the family.
/// </summary>
/// <remarks>Immutable; two plans of the same content are equal.</remarks>
internal sealed record DecoderPlan
{
    /// <summary>Rows of the embedding.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The most positions the model was trained for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>What rows of the embedding are multiplied by.</summary>
    public required double EmbeddingScale { get; init; }

    /// <summary>Added to the mean square in every RMSNorm.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>What is added to a stored norm weight before it multiplies: 1 where checkpoints hold w − 1.</summary>
    public double NormOffset { get; init; } = 1;

    /// <summary>Whether the language-model head is the embedding.</summary>
    public bool TiesEmbedding { get; init; } = true;

    /// <summary>Logits are bent to stay below it, cap · tanh(logits / cap); null: they are not. It never touches classification heads.</summary>
    public double? LogitSoftCap { get; init; }

    /// <summary>A second embedding with a part for every layer, or null.</summary>
    public PerLayerInputPlan? PerLayerInput { get; init; }

    /// <summary>Tokens that stand for something that is no text; they are embedded as <see cref="PlaceholderRow"/> is.</summary>
    public ValueList<int> PlaceholderIds { get; init; } = [];

    /// <summary>The token whose rows of the embeddings <see cref="PlaceholderIds"/> have.</summary>
    public int PlaceholderRow { get; init; }

    /// <summary>The layers, the first first.</summary>
    public required ValueList<LayerPlan> Layers { get; init; }

    /// <summary>The distinct rotary embeddings, in the order of the layers that use them: one table each.</summary>
    public IReadOnlyList<RotaryPlan> RotaryTables => [.. Layers.Select(layer => layer.Attention.Rotary).Distinct()];

    /// <summary>Whether rotary tables are counted as what stays on disk: they are mapped, and of long ones most texts read only the beginning.</summary>
    public bool MapsRotaryTables => ContextLength > 8192;

    /// <summary>The caches of keys and values.</summary>
    public KeyValueLayout KeyValueLayout => KeyValueLayout.Of(Layers);

    /// <summary>Whether every token sees only those before it, so that a text can be continued.</summary>
    public bool IsCausal => Layers.All(layer => layer.Attention.IsCausal);

    /// <summary>The plan without what does not change hidden states: equal backbones give equal ones.</summary>
    public DecoderPlan Backbone => this with { ContextLength = 0, TiesEmbedding = true, LogitSoftCap = null };

    /// <summary>A language-model head of its own, as it is stored where <see cref="TiesEmbedding"/> is false.</summary>
    public PlannedTensor LmHead => new(TensorNames.LmHead, VocabSize, HiddenSize);

    /// <summary>Every tensor of the backbone, in a fixed order, the embedding first.</summary>
    public IEnumerable<PlannedTensor> Tensors()
    {
        yield return new PlannedTensor(TensorNames.Embedding, VocabSize, HiddenSize);
        yield return new PlannedTensor(TensorNames.FinalNorm, HiddenSize);
        foreach (var tensor in PerLayerInput?.Tensors(Layers.Count, HiddenSize) ?? []) yield return tensor;
        for (var layer = 0; layer < Layers.Count; layer++)
        {
            foreach (var tensor in Layers[layer].Tensors(layer, HiddenSize)) yield return tensor;
            foreach (var tensor in PerLayerInput?.LayerTensors(layer, HiddenSize) ?? []) yield return tensor;
        }
    }
}
