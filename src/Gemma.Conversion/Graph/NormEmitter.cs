using Gemma.Conversion.Weights;
using Gemma.Runtime.Models.Architecture;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>Emits RMSNorms, alone or fused with the addition before them. They compute in float32 and multiply by the whole weight.</summary>
internal sealed class NormEmitter(GraphBuilder graph, WeightPlan weights, GemmaTensors tensors, DecoderPlan plan, DataType type)
{
    /// <summary>Normalises the last dimension.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="weight">The weight's name in the graph.</param>
    /// <param name="tensor">The weight's name in the plan.</param>
    /// <param name="input">The value.</param>
    public string Normalize(string node, string weight, string tensor, string input) => Normalize(node, weight, tensor, plan.HiddenSize, input);

    /// <summary>Normalises the last dimension, whose width is not the stream's, or into a value whose name is given.</summary>
    public string Normalize(string node, string weight, string tensor, int width, string input, string? output = null)
    {
        output ??= node + "/output_0";
        graph.Add("SimplifiedLayerNormalization", node, [input, Weight(weight, tensor, width)], [output],
            attributes: [Attribute("axis", -1L), Attribute("epsilon", (float)plan.NormEpsilon), Attribute("stash_type", 1L)]);
        return output;
    }

    /// <summary>Adds to the residual stream and normalises the sum.</summary>
    /// <param name="node">The beginning of the node's name.</param>
    /// <param name="weight">The weight's name in the graph.</param>
    /// <param name="tensor">The weight's name in the plan.</param>
    /// <param name="residual">The stream.</param>
    /// <param name="addend">What is added.</param>
    /// <param name="output">The name of the normalised value, where the sum is not needed any more; null: both have names of their own.</param>
    public (string Normalized, string Sum) AddAndNormalize(string node, string weight, string tensor, string residual, string addend, string? output = null)
    {
        var normalized = output ?? node + "/output_0";
        var sum = output is null ? node + "/output_3" : string.Empty;
        string[] outputs = output is null ? [normalized, string.Empty, string.Empty, sum] : [normalized];
        graph.Add("SkipSimplifiedLayerNormalization", node + "/SkipLayerNorm", [residual, addend, Weight(weight, tensor, plan.HiddenSize)], outputs,
            MicrosoftDomain, Attribute("epsilon", (float)plan.NormEpsilon));
        return (normalized, sum);
    }

    /// <summary>Normalises every attention head of [batch, sequence, heads · size] by itself.</summary>
    /// <param name="node">The beginning of the nodes' names.</param>
    /// <param name="weight">The weight's name in the graph.</param>
    /// <param name="tensor">The weight's name in the plan, or null: there is none.</param>
    /// <param name="attention">The attention.</param>
    /// <param name="heads">How many heads there are.</param>
    /// <param name="input">The value.</param>
    public string NormalizeHeads(string node, string weight, string? tensor, AttentionPlan attention, int heads, string input)
    {
        // The zeros that fill an attention head up make its mean square smaller, by a factor that epsilon and weight take out again.
        var (size, share) = (attention.GraphHeadSize, attention.HeadSize / (double)attention.GraphHeadSize);
        var scale = tensor is null
            ? graph.Constant((float)Math.Sqrt(share), type, size)
            : graph.Weight(FloatRowsTask.Plan(weights, weight, type, new AttentionPadding(attention).Rows(new RowSource(tensors[tensor])),
                (float)plan.NormOffset, (float)Math.Sqrt(share), [size]));
        var split = graph.Node("Reshape", node + "/Split", [input, graph.Constants(0, 0, heads, size)]);
        var normalized = graph.Node("SimplifiedLayerNormalization", node + "/LayerNorm", [split, scale],
            attributes: [Attribute("axis", -1L), Attribute("epsilon", (float)(plan.NormEpsilon * share)), Attribute("stash_type", 1L)]);
        return graph.Node("Reshape", node + "/Join", [normalized, graph.Constants(0, 0, (long)heads * size)]);
    }

    /// <summary>Normalises the stream in float32 and multiplies by a plain weight, times a factor.</summary>
    public string NormalizeExactly(string node, string weight, string tensor, double factor, string input)
    {
        if (type != DataType.Float) input = graph.Node("Cast", node + "/Cast", [input], attributes: Attribute("to", (long)DataType.Float));
        var scale = graph.Weight(FloatRowsTask.Plan(weights, weight, DataType.Float, new RowSource(tensors[tensor]), 0, (float)factor, [plan.HiddenSize]));
        return graph.Node("SimplifiedLayerNormalization", node, [input, scale],
            attributes: [Attribute("axis", -1L), Attribute("epsilon", (float)plan.NormEpsilon), Attribute("stash_type", 1L)]);
    }

    private string Weight(string name, string tensor, int width) =>
        graph.Weight(FloatRowsTask.Plan(weights, name, type, new RowSource(tensors[tensor]), (float)plan.NormOffset, width));
}
