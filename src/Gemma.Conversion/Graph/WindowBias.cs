using System.Globalization;
using Gemma.Runtime.Models;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>Emits what attention adds to its scores where a token sees both sides of a window: GroupQueryAttention's own windows look back only.</summary>
internal sealed class WindowBias(GraphBuilder graph, DataType type)
{
    // Far below any score, and a number of every type.
    private const float Hidden = -30000;

    private readonly Dictionary<int, string> _biases = [];

    /// <summary>[1, 1, sequence, sequence]: 0 where the distance is smaller than the window, else a number that hides the key.</summary>
    public string Of(int window)
    {
        if (_biases.TryGetValue(window, out var known)) return known;
        var prefix = string.Create(CultureInfo.InvariantCulture, $"/model/attn_window_{window}/");
        var length = graph.Node("Gather", prefix + "Gather", [graph.Node("Shape", prefix + "Shape", [GraphNames.InputIds]), graph.Constant(1)],
            attributes: Attribute("axis", 0L));
        var positions = graph.Node("Range", prefix + "Range", [graph.Constant(0), length, graph.Constant(1)]);
        var column = graph.Node("Unsqueeze", prefix + "Unsqueeze", [positions, graph.Constant(1, vector: true)]);
        var distance = graph.Node("Abs", prefix + "Abs", [graph.Node("Sub", prefix + "Sub", [column, positions])]);
        var outside = graph.Node("GreaterOrEqual", prefix + "GreaterOrEqual", [distance, graph.Constant(window)]);
        var bias = graph.Node("Where", prefix + "Where", [outside, graph.Constant(Hidden, type), graph.Constant(0f, type)]);
        return _biases[window] = graph.Node("Unsqueeze", prefix + "Bias", [bias, graph.Constants(0, 1)]);
    }
}
