using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Quantization;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Engines.OnnxRuntime;
using static Gemma.Conversion.Graph.GraphBuilder;

namespace Gemma.Conversion.Graph;

/// <summary>Emits embedding, projections and head, in floating point or quantised. A tied head and the embedding share one copy of the weights.</summary>
internal sealed class LinearEmitter(GraphBuilder graph, WeightPlan plan, GraphSettings settings)
{
    private const string HeadWeight = "lm_head.MatMul.weight";
    private const string EmbeddingWeight = "model.embed_tokens.weight";

    // Activations are quantised to 8 bits per block while multiplying: the fast kernels.
    private const long AccuracyLevel = 4;

    private readonly ChannelLinearEmitter _channels = new(graph, plan);
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);
    private QuantizedMatrix? _sharedQuantized;
    private ExternalTensor? _shared;

    /// <summary>Looks rows up: [batch, sequence] ids to [batch, sequence, hidden].</summary>
    public string Embedding(TensorInfo tensor, bool shared, string ids)
    {
        var source = new RowSource(tensor);
        var name = shared ? HeadWeight : EmbeddingWeight;
        if (settings.Head is not { } format)
        {
            _shared = FloatRowsTask.Plan(plan, EmbeddingWeight, settings.WeightType, source, 0, source.Rows, source.Width);
            return Widened("/model/embed_tokens/Gather", graph.Node("Gather", "/model/embed_tokens/Gather", [graph.Weight(_shared), ids]));
        }

        var matrix = _sharedQuantized = QuantizedRowsTask.Plan(plan, name, source, format, settings.FloatType, shared && settings.Calibrated ? GraphLayout.HiddenStates : null);
        var padded = matrix.Blocks * format.BlockSize;
        var data = matrix.Packed.Alias(EmbeddingWeight + "_Q" + format.Bits, source.Rows, (long)padded * format.Bits / 8);
        string[] inputs = [graph.Weight(data), ids, graph.Weight(matrix.Scales)];
        if (matrix.ZeroPoints is { } zeroPoints) inputs = [.. inputs, graph.Weight(zeroPoints)];
        var rows = graph.Node(
            "GatherBlockQuantized",
            "/model/embed_tokens/GatherBlockQuantized",
            inputs,
            MicrosoftDomain,
            Attribute("bits", format.Bits),
            Attribute("block_size", format.BlockSize),
            Attribute("gather_axis", 0L),
            Attribute("quantize_axis", 1L));
        return padded == source.Width
            ? rows
            : graph.Node("Slice", "/model/embed_tokens/Slice", [rows, graph.Constant(0, vector: true), graph.Constant(source.Width, vector: true), graph.Constant(2, vector: true)]);
    }

    /// <summary>Multiplies by a matrix [out, in].</summary>
    public string Project(string node, string weight, RowSource source, string input)
    {
        if (settings.ShowsInputs && _shown.Add(input)) graph.Output(input, settings.FloatType, "batch_size", "sequence_length", source.Width);
        if (settings.ChannelLinear) return _channels.Project(node, weight, source, input);
        if (settings.Linear is { } format) return Quantized(node, QuantizedRowsTask.Plan(plan, weight, source, format, settings.FloatType, settings.Calibrated ? input : null), source, input, format, null);
        return Float(node, graph.Weight(FloatRowsTask.Plan(plan, weight, settings.WeightType, source, 0, source.Rows, source.Width)), input, null);
    }

    /// <summary>Adds a bias.</summary>
    public string AddBias(string node, string weight, RowSource source, string input) =>
        graph.Node("Add", node, [input, graph.Weight(FloatRowsTask.Plan(plan, weight, settings.FloatType, source, 0, source.Rows))]);

    /// <summary>Multiplies by the language-model head, [vocabulary, hidden].</summary>
    public void Head(TensorInfo tensor, bool shared, string input, string output)
    {
        var source = new RowSource(tensor);
        if (settings.Head is { } format)
        {
            var matrix = shared ? _sharedQuantized! : QuantizedRowsTask.Plan(plan, HeadWeight, source, format, settings.FloatType, settings.Calibrated ? GraphLayout.HiddenStates : null);
            Quantized("/lm_head/MatMul", matrix, source, input, format, output, declareScales: !shared);
            return;
        }

        var name = shared ? _shared!.Name : graph.Weight(FloatRowsTask.Plan(plan, HeadWeight, settings.WeightType, source, 0, source.Rows, source.Width));
        Float("/lm_head/MatMul", name, input, output);
    }

    // Weights in 16 bits for a graph that computes in 32: ONNX Runtime widens constants once, at load.
    private string Widened(string node, string value) =>
        settings.WeightType == settings.FloatType ? value : graph.Node("Cast", node + "/Cast", [value], attributes: Attribute("to", (long)settings.FloatType));

    // The weight stays [out, in] as in the checkpoint; the kernel packs it for its own use at load either way.
    private string Float(string node, string weight, string input, string? output)
    {
        output ??= node + "/output_0";
        graph.Add("FusedMatMul", node, [input, Widened(weight, weight)], [output], MicrosoftDomain, Attribute("transA", 0L), Attribute("transB", 1L), Attribute("alpha", 1f));
        return output;
    }

    private string Quantized(string node, QuantizedMatrix matrix, RowSource source, string input, QuantizationFormat format, string? output, bool declareScales = true)
    {
        output ??= node + "/output_0";
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
            [output],
            MicrosoftDomain,
            Attribute("K", source.Width),
            Attribute("N", source.Rows),
            Attribute("bits", format.Bits),
            Attribute("block_size", format.BlockSize),
            Attribute("accuracy_level", AccuracyLevel));
        return output;
    }
}
