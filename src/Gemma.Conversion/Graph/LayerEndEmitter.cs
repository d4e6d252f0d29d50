using System.Globalization;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models.Architecture;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>
/// Emits what ends a layer after its feed-forward network: its part of the second embedding, and the number that the stream is multiplied by.
/// </summary>
internal sealed class LayerEndEmitter(GraphBuilder graph, LinearEmitter linear, NormEmitter norms, WeightPlan weights, GemmaTensors tensors, DecoderPlan plan,
    DataType type)
{
    private string[] _parts = [];

    /// <summary>Looks the tokens up in the second embedding, if the plan has one, and adds a projection of the first.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="embedded">Their rows of the embedding, scaled.</param>
    public void Begin(string ids, string embedded)
    {
        if (plan.PerLayerInput is not { } input) return;
        const string Prefix = "/model/per_layer_inputs/";
        var (layers, width) = (plan.Layers.Count, input.Width);
        var projected = linear.Project(Prefix + "projection/MatMul", "model.per_layer_inputs.projection.MatMul.weight",
            new RowSource(tensors[PerLayerInputPlan.Projection]), embedded, MatrixRole.Fine);
        projected = Scale(Prefix + "projection/Mul", projected, 1 / Math.Sqrt(plan.HiddenSize));
        projected = graph.Node("Reshape", Prefix + "projection/Split", [projected, graph.Constants(0, 0, layers, width)]);
        projected = norms.Normalize(Prefix + "projection_norm/LayerNorm", "model.per_layer_inputs.projection_norm.weight", PerLayerInputPlan.ProjectionNorm,
            width, projected);
        projected = graph.Node("Reshape", Prefix + "projection/Join", [projected, graph.Constants(0, 0, (long)layers * width)]);
        var rows = linear.Table(Prefix + "table", "model.per_layer_inputs.table.weight", tensors[PerLayerInputPlan.Table], width, ids);
        rows = Scale(Prefix + "table/Mul", rows, Math.Sqrt(width));
        var sum = Scale(Prefix + "Mul", graph.Node("Add", Prefix + "Add", [projected, rows]), Math.Sqrt(0.5));
        _parts = [.. Enumerable.Range(0, layers).Select(i => string.Create(CultureInfo.InvariantCulture, $"{Prefix}Split/output_{i}"))];
        graph.Add("Split", Prefix + "Split", [sum, graph.Constants([.. Enumerable.Repeat((long)width, layers)])], _parts, attributes: Attribute("axis", -1L));
    }

    /// <summary>Whether a layer ends in more than an addition to the stream.</summary>
    public bool Has(int layer) => plan.PerLayerInput is not null || plan.Layers[layer].HasScale;

    /// <summary>Ends a layer.</summary>
    /// <param name="layer">The layer's number.</param>
    /// <param name="residual">The stream.</param>
    /// <param name="branch">What the feed-forward network adds.</param>
    /// <returns>The stream.</returns>
    public string Emit(int layer, string residual, string branch)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"/model/layers.{layer}/");
        var name = string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.");
        var stream = graph.Node("Add", prefix + "mlp/Add", [residual, branch]);
        if (plan.PerLayerInput is not null)
        {
            stream = graph.Node("Add", prefix + "per_layer_input/Add",
                [stream, PerLayerInput(layer, prefix + "per_layer_input/", name + "per_layer_input.", stream)]);
        }
        return plan.Layers[layer].HasScale
            ? graph.Node("Mul", prefix + "layer_scalar/Mul",
                [stream, graph.Weight(FloatRowsTask.Plan(weights, name + TensorNames.LayerScale, type,
                    new RowSource(tensors[TensorNames.Plain(layer, TensorNames.LayerScale)]), 0, 1))])
            : stream;
    }

    private string PerLayerInput(int layer, string prefix, string name, string stream)
    {
        var gate = linear.Project(prefix + "gate/MatMul", name + "gate.MatMul.weight", Source(PerLayerInputPlan.Gate), stream, MatrixRole.Fine);
        var activated = graph.Node("Gelu", prefix + "act_fn/FastGelu", [gate],
            attributes: Attribute("approximate", plan.Layers[layer].FeedForward.Activation.Approximation()));
        var output = linear.Project(prefix + "projection/MatMul", name + "projection.MatMul.weight", Source(PerLayerInputPlan.Output),
            graph.Node("Mul", prefix + "Mul", [activated, _parts[layer]]), MatrixRole.Fine);
        return norms.Normalize(prefix + "post_norm/LayerNorm", name + "post_norm.weight", TensorNames.Weight(layer, PerLayerInputPlan.OutputNorm), output);

        RowSource Source(string part) => new(tensors[TensorNames.Weight(layer, part)]);
    }

    private string Scale(string node, string value, double factor) => graph.Node("Mul", node, [value, graph.Constant((float)factor, type)]);
}
