using System.Globalization;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;
using static Gemma.Conversion.Graph.GraphBuilder;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Graph;

/// <summary>Emits what stands between a layer's packed projection and its attention: queries, keys and values apart, each with its norm.</summary>
internal sealed class AttentionHeads(GraphBuilder graph, NormEmitter norms, DecoderPlan plan, DataType type)
{
    private readonly Dictionary<int, string> _nothing = [];

    /// <summary>Takes a packed projection apart.</summary>
    /// <param name="layer">The layer's number.</param>
    /// <param name="packed">[batch, sequence, all inputs of the attention].</param>
    /// <returns>Queries, keys and values.</returns>
    /// <remarks>The operator's own norms of queries and keys exist on GPUs only.</remarks>
    public string[] Emit(int layer, string packed)
    {
        var attention = plan.Layers[layer].Attention;
        var parts = Split(layer, packed);
        var queries = attention.NormalizesQueryKey ? Normalize(layer, "q_norm", TensorNames.QueryNorm, attention.QueryHeads, parts[0]) : parts[0];
        if (attention.SharedCacheLayer is not null) return [queries, Nothing(attention), Nothing(attention)];
        var keys = attention.NormalizesQueryKey ? Normalize(layer, "k_norm", TensorNames.KeyNorm, attention.KeyValueHeads, parts[1]) : parts[1];
        var values = attention.NormalizesValue ? Normalize(layer, "v_norm", null, attention.KeyValueHeads, parts[^1]) : parts[^1];
        return [queries, keys, values];
    }

    // Where values come from the key projection, the last part is both.
    private string[] Split(int layer, string packed)
    {
        var attention = plan.Layers[layer].Attention;
        var sizes = attention.Inputs().Select(input => (long)input.Rows / attention.HeadSize * attention.GraphHeadSize).ToArray();
        if (sizes.Length == 1) return [packed];
        var node = string.Create(CultureInfo.InvariantCulture, $"/model/layers.{layer}/attn/Split");
        string[] parts = [.. sizes.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"{node}/output_{i}"))];
        graph.Add("Split", node, [packed, graph.Constants(sizes)], parts, attributes: Attribute("axis", -1L));
        return parts;
    }

    private string Normalize(int layer, string name, string? part, int heads, string input) => norms.NormalizeHeads(
        string.Create(CultureInfo.InvariantCulture, $"/model/layers.{layer}/attn/{name}"),
        string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.attn.{name}.layernorm.weight"),
        part is null ? null : TensorNames.Weight(layer, part),
        plan.Layers[layer].Attention,
        heads,
        input);

    // Keys or values of no tokens, [batch, 0, heads · size].
    private string Nothing(AttentionPlan attention)
    {
        var width = attention.KeyValueHeads * attention.GraphHeadSize;
        if (_nothing.TryGetValue(width, out var known)) return known;
        var prefix = string.Create(CultureInfo.InvariantCulture, $"/model/attn_nothing_{width}/");
        var batch = graph.Node("Gather", prefix + "Gather", [graph.Node("Shape", prefix + "Shape", [GraphNames.InputIds]), graph.Constant(0, vector: true)],
            attributes: Attribute("axis", 0L));
        var shape = graph.Node("Concat", prefix + "Concat", [batch, graph.Constants(0, width)], attributes: Attribute("axis", 0L));
        return _nothing[width] = graph.Node("Expand", prefix + "Expand", [graph.Constant(0f, type), shape]);
    }
}
