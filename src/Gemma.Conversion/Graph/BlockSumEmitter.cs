using System.Globalization;
using System.Runtime.InteropServices;
using Gemma.Conversion.Weights;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>
/// Emits what offsets of blocks add. In a product, A · Wᵀ gains the block sums of A times the offsets: exactly what floating-point zero points would give,
/// which ONNX Runtime's kernels multiply hundreds of times slower. In a row of the embedding, each weight gains its block's offset.
/// </summary>
internal sealed class BlockSumEmitter(GraphBuilder graph)
{
    private readonly Dictionary<(string Input, int Group), string> _sums = [];
    private readonly HashSet<string> _declared = new(StringComparer.Ordinal);

    /// <summary>Adds to a product what the offsets contribute.</summary>
    /// <param name="node">The product's node.</param>
    /// <param name="offsets">The offsets, [out, blocks].</param>
    /// <param name="group">Weights of a block.</param>
    /// <param name="input">What is multiplied, [batch, sequence, in].</param>
    /// <param name="product">The product without offsets.</param>
    /// <param name="output">The result's name.</param>
    public void AddToProduct(string node, ExternalTensor offsets, int group, string input, string product, string output)
    {
        graph.Add("FusedMatMul", node + "/offsets", [Sums(input, group), Declare(offsets)], [node + "/offsets/output_0"], MicrosoftDomain,
            Attribute("transA", 0L), Attribute("transB", 1L), Attribute("alpha", 1f));
        graph.Add("Add", node + "/offsets/Add", [product, node + "/offsets/output_0"], [output]);
    }

    /// <summary>Adds offsets to rows of the embedding, [batch, sequence, hidden].</summary>
    public string AddToRows(string node, ExternalTensor offsets, int group, string ids, string rows)
    {
        var gathered = graph.Node("Gather", node + "/offsets/Gather", [Declare(offsets), ids]);
        var column = graph.Node("Unsqueeze", node + "/offsets/Unsqueeze", [gathered, graph.Constant(-1, vector: true)]);
        var blocks = graph.Node("Reshape", node + "/offsets/Blocks", [rows, Shape(0, 0, -1, group)]);
        return graph.Node("Reshape", node + "/offsets/Rows", [graph.Node("Add", node + "/offsets/Add", [blocks, column]), Shape(0, 0, -1)]);
    }

    // Projections of one input share its sums.
    private string Sums(string input, int group)
    {
        if (_sums.TryGetValue((input, group), out var known)) return known;
        var prefix = string.Create(CultureInfo.InvariantCulture, $"{input}/sums_{group}/");
        var blocks = graph.Node("Reshape", prefix + "Reshape", [input, Shape(0, 0, -1, group)]);
        return _sums[(input, group)] = graph.Node("ReduceSum", prefix + "ReduceSum", [blocks, graph.Constant(-1, vector: true)],
            attributes: Attribute("keepdims", 0L));
    }

    private string Shape(params long[] sizes)
    {
        var name = $"/model/constants/INT64/[{string.Join(',', sizes)}]";
        if (_declared.Add(name)) graph.Initializer(name, DataType.Int64, [sizes.Length], MemoryMarshal.AsBytes<long>(sizes));
        return name;
    }

    private string Declare(ExternalTensor weight) => _declared.Add(weight.Name) ? graph.Weight(weight) : weight.Name;
}
