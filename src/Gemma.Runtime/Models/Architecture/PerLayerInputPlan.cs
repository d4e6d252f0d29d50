namespace Gemma.Runtime.Models.Architecture;

/// <summary>A second embedding, of which every layer adds its own part to the stream after its feed-forward network.</summary>
/// <param name="VocabSize">Rows of the table.</param>
/// <param name="Width">Columns of one layer's part.</param>
internal sealed record PerLayerInputPlan(int VocabSize, int Width)
{
    public const string Table = "embed_tokens_per_layer.weight";
    public const string Projection = "per_layer_model_projection.weight";
    public const string ProjectionNorm = "per_layer_projection_norm.weight";
    public const string Gate = "per_layer_input_gate";
    public const string Output = "per_layer_projection";
    public const string OutputNorm = "post_per_layer_input_norm";

    /// <summary>The tensors before the first layer.</summary>
    public IEnumerable<PlannedTensor> Tensors(int layers, int hiddenSize) =>
    [
        new(Table, VocabSize, (long)layers * Width),
        new(Projection, (long)layers * Width, hiddenSize),
        new(ProjectionNorm, Width),
    ];

    /// <summary>The tensors of a layer.</summary>
    public IEnumerable<PlannedTensor> LayerTensors(int layer, int hiddenSize) =>
    [
        new(TensorNames.Weight(layer, Gate), Width, hiddenSize),
        new(TensorNames.Weight(layer, Output), hiddenSize, Width),
        new(TensorNames.Weight(layer, OutputNorm), hiddenSize),
    ];
}
