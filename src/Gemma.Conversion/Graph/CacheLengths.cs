using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>
/// Emits what GroupQueryAttention wants to know of the rows' lengths: each row's last position, and the longest row's length. Two optional inputs say that
/// caches of sliding-window layers have dropped what no token sees any more: those layers' lengths are shorter then, and positions are told apart from them.
/// </summary>
internal sealed class CacheLengths
{
    private readonly (string Last, string Total, string Positions) _full;
    private readonly (string Last, string Total, string Positions)? _windowed;

    /// <summary>Emits the nodes.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="windowed">Whether some caches may drop tokens.</param>
    public CacheLengths(GraphBuilder graph, bool windowed)
    {
        const string Prefix = "/model/attn_mask_reformat/attn_mask_subgraph/";
        var sum = graph.Node("ReduceSum", Prefix + "ReduceSum", [GraphNames.AttentionMask, graph.Constant(1, vector: true)],
            attributes: Attribute("keepdims", 0L));
        var last = graph.Node("Sub", Prefix + "Sub", [sum, graph.Constant(1, vector: true)]);
        var lengths = graph.Node("Cast", Prefix + "Sub/Cast", [last], attributes: Attribute("to", (long)DataType.Int32));
        var shape = graph.Node("Shape", Prefix + "Shape", [GraphNames.AttentionMask]);
        var width = graph.Node("Gather", Prefix + "Gather", [shape, graph.Constant(1)], attributes: Attribute("axis", 0L));
        _full = (lengths, graph.Node("Cast", Prefix + "Gather/Cast", [width], attributes: Attribute("to", (long)DataType.Int32)), string.Empty);
        if (windowed) _windowed = Shorten(graph, sum);
    }

    /// <summary>What attention over a cache, or without one, wants to know.</summary>
    /// <returns>Each row's last position in the cache, the length of the longest row there, and the new tokens' positions in the text, where these
    /// differ.</returns>
    public (string Last, string Total, string Positions) Of(KeyValueCache? cache) => cache?.Window is null ? _full : _windowed ?? _full;

    private (string Last, string Total, string Positions) Shorten(GraphBuilder graph, string sum)
    {
        const string Prefix = "/model/attn_window/";
        graph.Initializer(GraphNames.WindowDropped, DataType.Int32, [1], BitConverter.GetBytes(0));
        graph.Input(GraphNames.WindowDropped, DataType.Int32, "window_rows");
        graph.Initializer(GraphNames.WindowCut, DataType.Int32, [], BitConverter.GetBytes(0));
        graph.Input(GraphNames.WindowCut, DataType.Int32);
        var last = graph.Node("Sub", Prefix + "Last", [_full.Last, GraphNames.WindowDropped]);
        var total = graph.Node("Sub", Prefix + "Total", [_full.Total, GraphNames.WindowCut]);

        // A first prompt's rows may be padded behind their last token, and begin at 0 all the same.
        var tokens = graph.Node("Gather", Prefix + "Gather", [graph.Node("Shape", Prefix + "Shape", [GraphNames.InputIds]), graph.Constant(1)],
            attributes: Attribute("axis", 0L));
        var past = graph.Node("Max", Prefix + "Max", [graph.Node("Sub", Prefix + "Sub", [sum, tokens]), graph.Constant(0)]);
        var range = graph.Node("Range", Prefix + "Range", [graph.Constant(0), tokens, graph.Constant(1)]);
        return (last, total,
            graph.Node("Add", Prefix + "Positions", [graph.Node("Unsqueeze", Prefix + "Unsqueeze", [past, graph.Constant(1, vector: true)]), range]));
    }
}
