using Gemma.Conversion.Weights;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>
/// Emits projections with 8-bit weights per output channel and activations of 8 bits per token, in standard operators: the fastest kernels there are for
/// many rows. Every token has its own scale, so that a result does not depend on the batch it came in.
/// </summary>
internal sealed class ChannelLinearEmitter(GraphBuilder graph, WeightPlan plan)
{
    private const float Largest = 127;
    private const byte ActivationZero = 128;

    // A row of zeros must not divide by zero.
    private const float SmallestMagnitude = 1e-30f;

    private readonly Dictionary<string, (string Integers, string Scale)> _quantized = new(StringComparer.Ordinal);

    /// <summary>Multiplies by a matrix [out, in].</summary>
    public string Project(string node, string weight, RowSource source, string input)
    {
        var (integers, scale) = Quantize(input);
        var matrix = ChannelColumnsTask.Plan(plan, weight, source);
        var product = graph.Node("MatMulInteger", node + "_S8", [integers, graph.Weight(matrix.Integers), ZeroPoint()]);
        var number = graph.Node("Cast", node + "/Cast", [product], attributes: Attribute("to", (long)DataType.Float));
        var scaled = graph.Node("Mul", node + "/ChannelScale", [number, graph.Weight(matrix.Scales)]);
        graph.Add("Mul", node + "/TokenScale", [scaled, scale], [node + "/output_0"]);
        return node + "/output_0";
    }

    // Projections of the same input share its integers.
    private (string Integers, string Scale) Quantize(string input)
    {
        if (_quantized.TryGetValue(input, out var known)) return known;
        var prefix = input + "/int8/";
        var magnitude = graph.Node("ReduceMax", prefix + "ReduceMax", [graph.Node("Abs", prefix + "Abs", [input]), graph.Constant(-1, vector: true)],
            attributes: Attribute("keepdims", 1L));
        var scale = graph.Node("Mul", prefix + "Scale",
            [graph.Node("Max", prefix + "Max", [magnitude, graph.Constant(SmallestMagnitude, DataType.Float)]), graph.Constant(1 / Largest, DataType.Float)]);
        var shifted = graph.Node("Add", prefix + "Add",
            [graph.Node("Div", prefix + "Div", [input, scale]), graph.Constant((float)ActivationZero, DataType.Float)]);
        var integers = graph.Node("Cast", prefix + "Cast", [graph.Node("Round", prefix + "Round", [shifted])],
            attributes: Attribute("to", (long)DataType.Uint8));
        return _quantized[input] = (integers, scale);
    }

    private string ZeroPoint() => graph.ByteConstant(ActivationZero);
}
