using System.Globalization;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models.Architecture;
using static Gemma.Conversion.Graph.GraphBuilder;

namespace Gemma.Conversion.Graph;

/// <summary>Emits feed-forward networks.</summary>
internal sealed class FeedForwardEmitter(GraphBuilder graph, LinearEmitter linear, ExpertsEmitter experts, GemmaTensors tensors, DecoderPlan plan)
{
    /// <summary>Emits one layer's network, with the experts beside it.</summary>
    /// <param name="layer">The layer's number.</param>
    /// <param name="hidden">The normalised stream.</param>
    /// <param name="stream">The stream itself.</param>
    public string Emit(int layer, string hidden, string stream)
    {
        var dense = Dense(layer, hidden);
        return plan.Layers[layer].FeedForward.Experts is { } known ? experts.Emit(layer, known, stream, dense) : dense;
    }

    private string Dense(int layer, string hidden)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"/model/layers.{layer}/mlp/");
        var gate = Project(TensorNames.Gate, hidden);
        var up = Project(TensorNames.Up, hidden);
        var activated = graph.Node("Gelu", prefix + "act_fn/FastGelu", [gate],
            attributes: Attribute("approximate", plan.Layers[layer].FeedForward.Activation.Approximation()));
        return Project(TensorNames.Down, graph.Node("Mul", prefix + "Mul", [activated, up]));

        string Project(string part, string input)
        {
            var name = part[(part.IndexOf('.', StringComparison.Ordinal) + 1)..];
            return linear.Project(prefix + name + "/MatMul", string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.mlp.{name}.MatMul.weight"),
                new RowSource(tensors[TensorNames.Weight(layer, part)]), input);
        }
    }
}
