using System.Globalization;
using Gemma.Conversion.Graph.Onnx;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>
/// Emits Gemma 1's decoder: names, inputs and outputs are those of ONNX Runtime GenAI's builder, so that the package opens there too. Beyond it:
/// the exact √hidden as embedding scale, the number of logits rows as an optional input, and the normalised hidden states as an output.
/// </summary>
internal sealed class GemmaGraph
{
    private readonly GraphBuilder _graph;
    private readonly GemmaConfig _config;
    private readonly GemmaTensors _tensors;
    private readonly WeightPlan _plan;
    private readonly LinearEmitter _linear;
    private readonly HeadPadding _heads;
    private readonly DataType _type;

    private GemmaGraph(GemmaConfig config, GemmaTensors tensors, GraphSettings settings, WeightPlan plan, string dataFile)
    {
        _graph = new GraphBuilder(dataFile);
        _config = config;
        _tensors = tensors;
        _plan = plan;
        _heads = new HeadPadding(config);
        _type = settings.FloatType;
        _linear = new LinearEmitter(_graph, plan, settings);
    }

    /// <summary>Builds the graph and plans its weights.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="tensors">The checkpoint's weights.</param>
    /// <param name="settings">How numbers are stored.</param>
    /// <param name="plan">Receives the weights.</param>
    /// <param name="dataFile">The weight file's name.</param>
    /// <param name="withHead">Whether the graph ends in logits; a classifier's ends in hidden states.</param>
    public static ModelProto Build(GemmaConfig config, GemmaTensors tensors, GraphSettings settings, WeightPlan plan, string dataFile, bool withHead)
    {
        var graph = new GemmaGraph(config, tensors, settings, plan, dataFile);
        graph.Emit(withHead);
        return graph._graph.Build();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Emit(bool withHead)
    {
        _graph.Input("input_ids", DataType.Int64, "batch_size", "sequence_length");
        _graph.Input("attention_mask", DataType.Int64, "batch_size", "total_sequence_length");
        foreach (var part in (string[])["key", "value"])
        {
            for (var layer = 0; layer < _config.NumHiddenLayers; layer++) _graph.Input(Text($"past_key_values.{layer}.{part}"), _type, "batch_size", _config.NumKeyValueHeads, "past_sequence_length", _heads.Size);
        }

        var (lengths, total) = SequenceLengths();
        var positions = RotaryTable.Positions(_config);
        var cos = _graph.Weight(RotaryTableTask.Plan(_plan, "cos_cache", _type, _config, _heads.Size, positions, Math.Cos));
        var sin = _graph.Weight(RotaryTableTask.Plan(_plan, "sin_cache", _type, _config, _heads.Size, positions, Math.Sin));

        var residual = Embed(withHead);
        var hidden = Normalize("/model/layers.0/input_layernorm/LayerNorm", "model.layers.0.input_layernorm.weight", _tensors.Norm(0, "input_layernorm"), residual);
        for (var layer = 0; layer < _config.NumHiddenLayers; layer++)
        {
            var attention = Attention(layer, hidden, lengths, total, cos, sin);
            (hidden, residual) = AddAndNormalize(Text($"/model/layers.{layer}/post_attention_layernorm"), Text($"model.layers.{layer}.post_attention_layernorm.weight"), _tensors.Norm(layer, "post_attention_layernorm"), residual, attention);
            var feedForward = FeedForward(layer, hidden);
            (hidden, residual) = layer + 1 < _config.NumHiddenLayers
                ? AddAndNormalize(Text($"/model/layers.{layer + 1}/input_layernorm"), Text($"model.layers.{layer + 1}.input_layernorm.weight"), _tensors.Norm(layer + 1, "input_layernorm"), residual, feedForward)
                : AddAndNormalize(Text($"/model/layers.{layer + 1}/final_norm_layernorm"), Text($"model.layers.{layer + 1}.final_norm_layernorm.weight"), _tensors.FinalNorm, residual, feedForward, final: true);
        }

        if (withHead) Head(hidden);
        _graph.Output("hidden_states", _type, "batch_size", "sequence_length", _config.HiddenSize);
        foreach (var part in (string[])["key", "value"])
        {
            for (var layer = 0; layer < _config.NumHiddenLayers; layer++) _graph.Output(Text($"present.{layer}.{part}"), _type, "batch_size", _config.NumKeyValueHeads, "total_sequence_length", _heads.Size);
        }
    }

    // GroupQueryAttention wants each row's last position, and the longest row's length.
    private (string Lengths, string Total) SequenceLengths()
    {
        const string Prefix = "/model/attn_mask_reformat/attn_mask_subgraph/";
        var sum = _graph.Node("ReduceSum", Prefix + "ReduceSum", ["attention_mask", _graph.Constant(1, vector: true)], attributes: Attribute("keepdims", 0L));
        var last = _graph.Node("Sub", Prefix + "Sub", [sum, _graph.Constant(1, vector: true)]);
        var lengths = _graph.Node("Cast", Prefix + "Sub/Cast", [last], attributes: Attribute("to", (long)DataType.Int32));
        var shape = _graph.Node("Shape", Prefix + "Shape", ["attention_mask"]);
        var width = _graph.Node("Gather", Prefix + "Gather", [shape, _graph.Constant(1)], attributes: Attribute("axis", 0L));
        return (lengths, _graph.Node("Cast", Prefix + "Gather/Cast", [width], attributes: Attribute("to", (long)DataType.Int32)));
    }

    private string Embed(bool withHead)
    {
        var shared = withHead && _tensors.Head is null;
        var rows = _linear.Embedding(_tensors.Embedding, shared, "input_ids");
        return _graph.Node("Mul", "/model/embed_tokens/Mul", [rows, _graph.Constant(MathF.Sqrt(_config.HiddenSize), _type)]);
    }

    private string Attention(int layer, string hidden, string lengths, string total, string cos, string sin)
    {
        var prefix = Text($"/model/layers.{layer}/attn/");
        var weights = Text($"model.layers.{layer}.attn.");
        var packed = _linear.Project(prefix + "qkv_proj/MatMul", weights + "qkv_proj.MatMul.weight", _heads.Rows(new RowSource(_tensors.QueryKeyValue(layer))), hidden);
        if (_config.AttentionBias) packed = _linear.AddBias(prefix + "qkv_proj/Add", weights + "qkv_proj.Add.bias", _heads.Rows(new RowSource(_tensors.QueryKeyValueBias(layer))), packed);

        var output = prefix + "GroupQueryAttention/output_0";
        string[] present = [Text($"present.{layer}.key"), Text($"present.{layer}.value")];
        _graph.Add(
            "GroupQueryAttention",
            prefix + "GroupQueryAttention",
            [packed, string.Empty, string.Empty, Text($"past_key_values.{layer}.key"), Text($"past_key_values.{layer}.value"), lengths, total, cos, sin, string.Empty, string.Empty, string.Empty],
            [output, .. present],
            MicrosoftDomain,
            Attribute("num_heads", _config.NumAttentionHeads),
            Attribute("kv_num_heads", _config.NumKeyValueHeads),
            Attribute("scale", (float)(1 / Math.Sqrt(_config.HeadDim))),
            Attribute("local_window_size", -1L),
            Attribute("softcap", 0f),
            Attribute("do_rotary", 1L),
            Attribute("rotary_interleaved", 0L));
        var result = _linear.Project(prefix + "o_proj/MatMul", weights + "o_proj.MatMul.weight", _heads.Columns(new RowSource(_tensors.Projection(layer, "self_attn.o_proj"))), output);
        return _config.AttentionBias ? _linear.AddBias(prefix + "o_proj/Add", weights + "o_proj.Add.bias", new RowSource(_tensors.OutputBias(layer)), result) : result;
    }

    private string FeedForward(int layer, string hidden)
    {
        var prefix = Text($"/model/layers.{layer}/mlp/");
        var gate = Project("gate_proj", hidden);
        var up = Project("up_proj", hidden);
        var activated = _graph.Node("Gelu", prefix + "act_fn/FastGelu", [gate], attributes: Attribute("approximate", "tanh"));
        return Project("down_proj", _graph.Node("Mul", prefix + "Mul", [activated, up]));

        string Project(string name, string input) =>
            _linear.Project(prefix + name + "/MatMul", Text($"model.layers.{layer}.mlp.{name}.MatMul.weight"), new RowSource(_tensors.Projection(layer, "mlp." + name)), input);
    }

    private string Normalize(string name, string weight, Checkpoints.TensorInfo tensor, string input) =>
        _graph.Node("SimplifiedLayerNormalization", name, [input, NormWeight(weight, tensor)], attributes: [Attribute("axis", -1L), Attribute("epsilon", (float)_config.RmsNormEps), Attribute("stash_type", 1L)]);

    private (string Normalized, string Sum) AddAndNormalize(string prefix, string weight, Checkpoints.TensorInfo tensor, string residual, string addend, bool final = false)
    {
        var normalized = final ? "hidden_states" : prefix + "/output_0";
        var sum = final ? string.Empty : prefix + "/output_3";
        string[] outputs = final ? [normalized] : [normalized, string.Empty, string.Empty, sum];
        _graph.Add("SkipSimplifiedLayerNormalization", prefix + "/SkipLayerNorm", [residual, addend, NormWeight(weight, tensor)], outputs, MicrosoftDomain, Attribute("epsilon", (float)_config.RmsNormEps));
        return (normalized, sum);
    }

    private string NormWeight(string name, Checkpoints.TensorInfo tensor) =>
        _graph.Weight(FloatRowsTask.Plan(_plan, name, _type, new RowSource(tensor), 1, _config.HiddenSize));

    // Only the last rows go through the head: hidden[:, max(0, length - logits_to_keep):].
    private void Head(string hidden)
    {
        const string Prefix = "/lm_head/keep/";
        _graph.Initializer("logits_to_keep", DataType.Int64, [1], BitConverter.GetBytes(1L));
        _graph.Input("logits_to_keep", DataType.Int64, 1);
        var shape = _graph.Node("Shape", Prefix + "Shape", ["input_ids"]);
        var length = _graph.Node("Gather", Prefix + "Gather", [shape, _graph.Constant(1, vector: true)], attributes: Attribute("axis", 0L));
        var start = _graph.Node("Max", Prefix + "Max", [_graph.Node("Sub", Prefix + "Sub", [length, "logits_to_keep"]), _graph.Constant(0, vector: true)]);
        var kept = _graph.Node("Slice", Prefix + "Slice", [hidden, start, length, _graph.Constant(1, vector: true)]);
        _linear.Head(_tensors.Head ?? _tensors.Embedding, shared: _tensors.Head is null, kept, "logits");

        // One row is what the graph gives by default, and what lets GenAI, which does not know the input, reserve one. ONNX Runtime takes any number.
        _graph.Output("logits", _type, "batch_size", 1, _config.VocabSize);
    }
}
