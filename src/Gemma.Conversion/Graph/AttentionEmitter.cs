using System.Globalization;
using Gemma.Conversion.Graph.Onnx;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;
using static Gemma.Conversion.Graph.GraphBuilder;

namespace Gemma.Conversion.Graph;

/// <summary>Emits attention: projections into attention heads, GroupQueryAttention with its caches, the projection back.</summary>
internal sealed class AttentionEmitter(GraphBuilder graph, LinearEmitter linear, AttentionHeads heads, WindowBias windows, GemmaTensors tensors,
    RotaryTables rotary, DecoderPlan plan)
{
    /// <summary>Emits one layer's attention.</summary>
    /// <param name="layer">The layer's number.</param>
    /// <param name="hidden">The normalised stream.</param>
    /// <param name="lengths">The rows' lengths.</param>
    public string Emit(int layer, string hidden, CacheLengths lengths)
    {
        var attention = plan.Layers[layer].Attention;
        var cache = KeyValueLayout.CacheOf(plan.Layers, layer);
        var padding = new AttentionPadding(attention);
        var prefix = Text($"/model/layers.{layer}/attn/");
        var weights = Text($"model.layers.{layer}.attn.");
        var packed = linear.Project(prefix + "qkv_proj/MatMul", weights + "qkv_proj.MatMul.weight", padding.Rows(Inputs(TensorNames.Weight)), hidden);
        if (attention.HasBias) packed = linear.AddBias(prefix + "qkv_proj/Add", weights + "qkv_proj.Add.bias", padding.Rows(Inputs(TensorNames.Bias)), packed);

        // A layer that reads another's keys and values appends none, after that layer has: its past is what the other leaves.
        var isShared = attention.SharedCacheLayer is not null;
        Func<int, string, string> cached = isShared ? GraphNames.Present : GraphNames.Past;
        string[] inputs = attention.NormalizesQueryKey || attention.NormalizesValue || isShared
            ? heads.Emit(layer, packed)
            : [packed, string.Empty, string.Empty];
        var (cos, sin) = rotary[attention.Rotary];
        var (last, total, positions) = lengths.Of(attention.IsCausal ? plan.KeyValueLayout.Caches[cache] : null);
        var output = prefix + "GroupQueryAttention/output_0";
        string[] past = attention.IsCausal ? [cached(cache, GraphNames.Key), cached(cache, GraphNames.Value)] : [string.Empty, string.Empty];
        var bias = attention is { IsCausal: false, Window: { } window } ? windows.Of(window) : string.Empty;
        AttributeProto[] direction = attention.IsCausal
            ? [Attribute("local_window_size", attention.Window ?? -1L)]
            : [Attribute("local_window_size", -1L), Attribute("causal", 0L)];
        graph.Add(
            "GroupQueryAttention",
            prefix + "GroupQueryAttention",
            [.. inputs, .. past, last, total, cos, sin, positions, bias, string.Empty],
            isShared ? [output] : [output, GraphNames.Present(cache, GraphNames.Key), GraphNames.Present(cache, GraphNames.Value)],
            MicrosoftDomain,
            [
                Attribute("num_heads", attention.QueryHeads),
                Attribute("kv_num_heads", attention.KeyValueHeads),
                Attribute("scale", (float)attention.Scale),
                .. direction,
                Attribute("softcap", (float)(attention.SoftCap ?? 0)),
                Attribute("do_rotary", 1L),
                Attribute("rotary_interleaved", 0L),
            ]);
        var result = linear.Project(prefix + "o_proj/MatMul", weights + "o_proj.MatMul.weight",
            padding.Columns(new RowSource(tensors[TensorNames.Weight(layer, TensorNames.Output)])), output);
        return attention.HasBias
            ? linear.AddBias(prefix + "o_proj/Add", weights + "o_proj.Add.bias", new RowSource(tensors[TensorNames.Bias(layer, TensorNames.Output)]), result)
            : result;

        RowSource Inputs(Func<int, string, string> name) => new([.. attention.Inputs().Select(input => tensors[name(layer, input.Part)])]);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
