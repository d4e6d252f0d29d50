using System.Globalization;
using Gemma.Conversion.Graph.Onnx;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>
/// Emits a decoder by its plan: names, inputs and outputs are those of ONNX Runtime GenAI's builder, so that the package opens there too. Beyond it:
/// the exact embedding scale, the number of logits rows as an optional input, and the normalised hidden states as an output.
/// </summary>
internal sealed class DecoderGraph
{
    private readonly GraphBuilder _graph;
    private readonly DecoderPlan _plan;
    private readonly GemmaTensors _tensors;
    private readonly WeightPlan _weights;
    private readonly LinearEmitter _linear;
    private readonly NormEmitter _norms;
    private readonly DataType _type;
    private readonly bool _windowed;

    private DecoderGraph(DecoderPlan plan, GemmaTensors tensors, GraphSettings settings, WeightPlan weights, string dataFile)
    {
        _graph = new GraphBuilder(dataFile);
        _plan = plan;
        _tensors = tensors;
        _weights = weights;
        _type = settings.FloatType;
        _windowed = settings.WindowedCaches && plan.KeyValueLayout.Window is not null;
        _linear = new LinearEmitter(_graph, weights, settings);
        _norms = new NormEmitter(_graph, weights, tensors, plan, _type);
    }

    /// <summary>Builds the graph and plans its weights.</summary>
    /// <param name="plan">The model.</param>
    /// <param name="tensors">The checkpoint's weights.</param>
    /// <param name="settings">How numbers are stored.</param>
    /// <param name="weights">Receives the weights.</param>
    /// <param name="dataFile">The weight file's name.</param>
    /// <param name="withLmHead">Whether the graph ends in logits; a classifier's ends in hidden states.</param>
    public static ModelProto Build(DecoderPlan plan, GemmaTensors tensors, GraphSettings settings, WeightPlan weights, string dataFile, bool withLmHead)
    {
        var graph = new DecoderGraph(plan, tensors, settings, weights, dataFile);
        graph.Emit(withLmHead);
        return graph._graph.Build();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Emit(bool withLmHead)
    {
        _graph.Input(GraphNames.InputIds, DataType.Int64, "batch_size", "sequence_length");
        _graph.Input(GraphNames.AttentionMask, DataType.Int64, "batch_size", "total_sequence_length");
        ForEachCache((part, i, cache) =>
            _graph.Input(GraphNames.Past(i, part), _type, "batch_size", cache.KeyValueHeads, "past_sequence_length", cache.HeadSize));
        var lengths = new CacheLengths(_graph, _windowed);
        var attention = new AttentionEmitter(_graph, _linear, new AttentionHeads(_graph, _norms, _plan, _type), new WindowBias(_graph, _type), _tensors,
            new RotaryTables(_graph, _weights, _type, _plan), _plan);
        var feedForward = new FeedForwardEmitter(_graph, _linear, new ExpertsEmitter(_graph, _linear, _norms, _weights, _tensors, _plan, _type), _tensors,
            _plan);

        var end = new LayerEndEmitter(_graph, _linear, _norms, _weights, _tensors, _plan, _type);
        var ids = WithoutPlaceholders();
        var residual = Embed(withLmHead, ids);
        end.Begin(ids, residual);
        var input = _plan.Layers[0].InputNorm;
        var hidden = _norms.Normalize(Text($"/model/layers.0/{input}/LayerNorm"), Text($"model.layers.0.{input}.weight"), TensorNames.Weight(0, input),
            residual);
        for (var layer = 0; layer < _plan.Layers.Count; layer++)
        {
            var (branch, norms) = (attention.Emit(layer, hidden, lengths), _plan.Layers[layer]);
            (hidden, residual) = AddAndNormalize(layer, norms.PreFeedForwardNorm, residual, PostNorm(layer, norms.PostAttentionNorm, branch));
            branch = PostNorm(layer, norms.PostFeedForwardNorm, feedForward.Emit(layer, hidden, residual));
            (hidden, residual) = end.Has(layer) ? NormalizeNext(layer, end.Emit(layer, residual, branch)) : AddAndNormalizeNext(layer, residual, branch);
        }

        if (withLmHead) LmHead(hidden);
        _graph.Output(GraphNames.HiddenStates, _type, "batch_size", "sequence_length", _plan.HiddenSize);
        ForEachCache((part, i, cache) =>
            _graph.Output(GraphNames.Present(i, part), _type, "batch_size", cache.KeyValueHeads, "total_sequence_length", cache.HeadSize));
    }

    private void ForEachCache(Action<string, int, KeyValueCache> action)
    {
        var caches = _plan.KeyValueLayout.Caches;
        foreach (var part in (string[])[GraphNames.Key, GraphNames.Value])
        {
            for (var i = 0; i < caches.Count; i++) action(part, i, caches[i]);
        }
    }

    // Tokens that stand for an image or a sound are embedded as padding.
    private string WithoutPlaceholders()
    {
        const string Prefix = "/model/placeholders/";
        if (_plan.PlaceholderIds.Count == 0) return GraphNames.InputIds;
        var found = _plan.PlaceholderIds.Select(id => _graph.Node("Equal", Text($"{Prefix}Equal_{id}"), [GraphNames.InputIds, _graph.Constant(id)])).ToArray();
        var any = found.Skip(1).Index().Aggregate(found[0], (sum, next) => _graph.Node("Or", Text($"{Prefix}Or_{next.Index}"), [sum, next.Item]));
        return _graph.Node("Where", Prefix + "Where", [any, _graph.Constant(_plan.PlaceholderRow), GraphNames.InputIds]);
    }

    private string Embed(bool withLmHead, string ids)
    {
        var shared = withLmHead && _tensors.LmHead is null;
        var rows = _linear.Embedding(_tensors.Embedding, shared, ids);
        return _graph.Node("Mul", "/model/embed_tokens/Mul", [rows, _graph.Constant((float)_plan.EmbeddingScale, _type)]);
    }

    // cap · tanh(logits / cap)
    private void Cap(string logits, float cap)
    {
        const string Prefix = "/lm_head/softcap/";
        var bent = _graph.Node("Tanh", Prefix + "Tanh", [_graph.Node("Div", Prefix + "Div", [logits, _graph.Constant(cap, _type)])]);
        _graph.Add("Mul", Prefix + "Mul", [bent, _graph.Constant(cap, _type)], [GraphNames.Logits]);
    }

    private (string Normalized, string Sum) AddAndNormalize(int layer, string norm, string residual, string addend) =>
        _norms.AddAndNormalize(Text($"/model/layers.{layer}/{norm}"), Text($"model.layers.{layer}.{norm}.weight"), TensorNames.Weight(layer, norm), residual,
            addend);

    private (string Normalized, string Sum) AddAndNormalizeNext(int layer, string residual, string branch)
    {
        var (node, weight, tensor) = NextNorm(layer);
        return _norms.AddAndNormalize(node, weight, tensor, residual, branch, layer + 1 < _plan.Layers.Count ? null : GraphNames.HiddenStates);
    }

    // The next layer's first norm, or the one behind the last layer, with the name of its weight in graph and plan.
    private (string Node, string Weight, string Tensor) NextNorm(int layer)
    {
        var next = layer + 1 < _plan.Layers.Count ? _plan.Layers[layer + 1].InputNorm : null;
        var name = next ?? "final_norm_layernorm";
        return (Text($"/model/layers.{layer + 1}/{name}"), Text($"model.layers.{layer + 1}.{name}.weight"), next is null
            ? TensorNames.FinalNorm
            : TensorNames.Weight(layer + 1, next));
    }

    private (string Normalized, string Sum) NormalizeNext(int layer, string stream)
    {
        var (node, weight, tensor) = NextNorm(layer);
        var output = layer + 1 < _plan.Layers.Count ? null : GraphNames.HiddenStates;
        return (_norms.Normalize(node + "/LayerNorm", weight, tensor, _plan.HiddenSize, stream, output), stream);
    }

    private string PostNorm(int layer, string? norm, string branch) =>
        norm is null
            ? branch
            : _norms.Normalize(Text($"/model/layers.{layer}/{norm}/LayerNorm"), Text($"model.layers.{layer}.{norm}.weight"), TensorNames.Weight(layer, norm),
                branch);

    // Only the last rows go through the lm_head: hidden[:, max(0, length - logits_to_keep):].
    private void LmHead(string hidden)
    {
        const string Prefix = "/lm_head/keep/";
        _graph.Initializer(GraphNames.LogitsToKeep, DataType.Int64, [1], BitConverter.GetBytes(1L));
        _graph.Input(GraphNames.LogitsToKeep, DataType.Int64, 1);
        var shape = _graph.Node("Shape", Prefix + "Shape", [GraphNames.InputIds]);
        var length = _graph.Node("Gather", Prefix + "Gather", [shape, _graph.Constant(1, vector: true)], attributes: Attribute("axis", 0L));
        var rest = _graph.Node("Sub", Prefix + "Sub", [length, GraphNames.LogitsToKeep]);
        var start = _graph.Node("Max", Prefix + "Max", [rest, _graph.Constant(0, vector: true)]);
        var kept = _graph.Node("Slice", Prefix + "Slice", [hidden, start, length, _graph.Constant(1, vector: true)]);
        var logits = _plan.LogitSoftCap is null ? GraphNames.Logits : "/lm_head/MatMul/output_0";
        _linear.LmHead(_tensors.LmHead ?? _tensors.Embedding, shared: _tensors.LmHead is null, kept, logits);
        if (_plan.LogitSoftCap is { } cap) Cap(logits, (float)cap);

        // One row is what the graph gives by default, and what lets GenAI, which does not know the input, reserve one. ONNX Runtime takes any number.
        _graph.Output(GraphNames.Logits, _type, "batch_size", 1, _plan.VocabSize);
    }
}
