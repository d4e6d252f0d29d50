using System.Globalization;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>Emits embedding, projections and lm_head, in floating point or quantised. A tied lm_head and the embedding share one copy of the weights.</summary>
internal sealed class LinearEmitter(GraphBuilder graph, WeightPlan plan, GraphSettings settings)
{
    private const string LmHeadWeight = "lm_head.MatMul.weight";
    private const string EmbeddingWeight = "model.embed_tokens.weight";

    // Activations are quantised to 8 bits per block while multiplying: the fast kernels.
    private const long AccuracyLevel = 4;

    private readonly ChannelLinearEmitter _channels = new(graph, plan);
    private readonly MatrixPlanner _matrices = new(plan, settings);
    private readonly BlockSumEmitter _sums = new(graph);
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);
    private PlannedMatrix? _sharedIntegers;
    private ExternalTensor? _shared;

    /// <summary>Looks rows up: [batch, sequence] ids to [batch, sequence, hidden].</summary>
    public string Embedding(TensorInfo tensor, bool shared, string ids)
    {
        var source = new RowSource(tensor);
        var name = shared ? LmHeadWeight : EmbeddingWeight;
        _sharedIntegers = _matrices.Integers(name, source, MatrixRole.LmHead, shared ? GraphNames.HiddenStates : null);
        if (_sharedIntegers is { } planned) return Rows("/model/embed_tokens", EmbeddingWeight, planned, source, ids);
        _shared = _matrices.Numbers(EmbeddingWeight, source);
        return Rows("/model/embed_tokens", _shared, ids);
    }

    /// <summary>Looks rows up in a table of its own: [batch, sequence] ids to [batch, sequence, width].</summary>
    /// <param name="node">The beginning of the nodes' names.</param>
    /// <param name="weight">The table's name.</param>
    /// <param name="tensor">The table.</param>
    /// <param name="part">Columns that belong together.</param>
    /// <param name="ids">The rows' numbers.</param>
    public string Table(string node, string weight, TensorInfo tensor, int part, string ids)
    {
        var source = new RowSource(tensor);
        if (_matrices.Table(weight, source, part) is { } planned)
        {
            plan.MappedBytes += planned.Matrix.Bytes;
            return Rows(node, weight, planned, source, ids);
        }

        var numbers = _matrices.Numbers(weight, source);
        plan.MappedBytes += numbers.Length;
        return Rows(node, numbers, ids);
    }

    /// <summary>Multiplies by a matrix [out, in].</summary>
    public string Project(string node, string weight, RowSource source, string input, MatrixRole role = MatrixRole.Projection)
    {
        if (settings.ShowsInputs && role != MatrixRole.Expert && _shown.Add(input))
            graph.Output(input, settings.FloatType, "batch_size", "sequence_length", source.Width);
        // Experts are part of a choice, in which ONNX Runtime does not make signed weights unsigned where a processor needs it: they are blocks.
        if (settings.ChannelLinear && role != MatrixRole.Expert) return _channels.Project(node, weight, source, input);
        if (settings.CarriedBits > 0 && source.ByStorage is { Count: > 1 } parts) return Joined(node, weight, parts, input);
        return Product(node, weight, source, role, role == MatrixRole.Expert ? null : input, input, null);
    }

    /// <summary>Multiplies by a matrix [out, in] in float32, whatever the others' precision.</summary>
    public string ProjectExactly(string node, string weight, RowSource source, string input)
    {
        graph.Add("FusedMatMul", node, [input, graph.Weight(FloatRowsTask.Plan(plan, weight, DataType.Float, source, 0, source.Rows, source.Width))],
            [node + "/output_0"], MicrosoftDomain, Attribute("transA", 0L), Attribute("transB", 1L), Attribute("alpha", 1f));
        return node + "/output_0";
    }

    /// <summary>Adds a bias.</summary>
    public string AddBias(string node, string weight, RowSource source, string input) =>
        graph.Node("Add", node, [input, graph.Weight(FloatRowsTask.Plan(plan, weight, settings.FloatType, source, 0, source.Rows))]);

    /// <summary>Multiplies by the lm_head, [vocabulary, hidden].</summary>
    public void LmHead(TensorInfo tensor, bool shared, string input, string output)
    {
        var source = new RowSource(tensor);
        if (!shared) Product("/lm_head/MatMul", LmHeadWeight, source, MatrixRole.LmHead, GraphNames.HiddenStates, input, output);
        else if (_sharedIntegers is { } planned) Integers("/lm_head/MatMul", planned, source, input, output, declareScales: false);
        else Float("/lm_head/MatMul", _shared!, input, output);
    }

    private string Rows(string node, ExternalTensor table, string ids) =>
        Widened(node + "/Gather", graph.Node("Gather", node + "/Gather", [graph.Weight(table), ids]), table.DataType);

    private string Rows(string node, string weight, PlannedMatrix planned, RowSource source, string ids)
    {
        var (matrix, format) = planned;
        var padded = matrix.Blocks * format.BlockSize;
        var data = matrix.Packed.Alias(weight + "_Q" + format.Bits, source.Rows, (long)padded * format.Bits / 8);
        string[] inputs = [graph.Weight(data), ids, graph.Weight(matrix.Scales)];
        if (matrix.ZeroPoints is { } zeroPoints) inputs = [.. inputs, graph.Weight(zeroPoints)];
        var rows = graph.Node(
            "GatherBlockQuantized",
            node + "/GatherBlockQuantized",
            inputs,
            MicrosoftDomain,
            Attribute("bits", format.Bits),
            Attribute("block_size", format.BlockSize),
            Attribute("gather_axis", 0L),
            Attribute("quantize_axis", 1L));
        if (matrix.Offsets is { } offsets) rows = _sums.AddToRows(node + "/GatherBlockQuantized", offsets, format.BlockSize, ids, rows);
        return padded == source.Width
            ? rows
            : graph.Node("Slice", node + "/Slice",
                [rows, graph.Constant(0, vector: true), graph.Constant(source.Width, vector: true), graph.Constant(2, vector: true)]);
    }

    // Tensors that the checkpoint stores in different ways, side by side.
    private string Joined(string node, string weight, IReadOnlyList<RowSource> parts, string input)
    {
        var products = parts.Select((part, i) =>
            Product(string.Create(CultureInfo.InvariantCulture, $"{node}/{i}"), string.Create(CultureInfo.InvariantCulture, $"{weight}.{i}"), part,
                MatrixRole.Projection, input, input, null)).ToArray();
        return graph.Node("Concat", node, products, attributes: Attribute("axis", -1L));
    }

    private string Product(string node, string weight, RowSource source, MatrixRole role, string? calibrated, string input, string? output)
    {
        if (_matrices.Integers(weight, source, role, calibrated) is { } planned) return Integers(node, planned, source, input, output);
        var matrix = _matrices.Numbers(weight, source);
        graph.Weight(matrix);
        return Float(node, matrix, input, output);
    }

    // Weights in 16 bits for a graph that computes in 32: ONNX Runtime widens constants once, at load.
    private string Widened(string node, string value, DataType type) =>
        type == settings.FloatType ? value : graph.Node("Cast", node + "/Cast", [value], attributes: Attribute("to", (long)settings.FloatType));

    // The weight stays [out, in] as in the checkpoint; the kernel packs it for its own use at load either way.
    private string Float(string node, ExternalTensor weight, string input, string? output)
    {
        output ??= node + "/output_0";
        graph.Add("FusedMatMul", node, [input, Widened(weight.Name, weight.Name, weight.DataType)], [output], MicrosoftDomain, Attribute("transA", 0L),
            Attribute("transB", 1L), Attribute("alpha", 1f));
        return output;
    }

    private string Integers(string node, PlannedMatrix planned, RowSource source, string input, string? output, bool declareScales = true)
    {
        var (matrix, format) = planned;
        output ??= node + "/output_0";
        var product = matrix.Offsets is null ? output : node + "/integers/output_0";
        graph.Weight(matrix.Packed);
        if (declareScales) graph.Weight(matrix.Scales);
        string[] inputs = [input, matrix.Packed.Name, matrix.Scales.Name];
        if (matrix.ZeroPoints is { } zeroPoints)
        {
            if (declareScales) graph.Weight(zeroPoints);
            inputs = [.. inputs, zeroPoints.Name];
        }

        graph.Add(
            "MatMulNBits",
            node + "_Q" + format.Bits,
            inputs,
            [product],
            MicrosoftDomain,
            Attribute("K", source.Width),
            Attribute("N", source.Rows),
            Attribute("bits", format.Bits),
            Attribute("block_size", format.BlockSize),
            Attribute("accuracy_level", AccuracyLevel));
        if (matrix.Offsets is { } offsets) _sums.AddToProduct(node, offsets, format.BlockSize, input, product, output);
        return output;
    }
}
