using Gemma.Json;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>Gemma 2. Missing keys have the values of Gemma2Config, the 2b shape. Source: transformers, <c>configuration_gemma2.py</c>.</summary>
internal static class Gemma2Family
{
    private const int WindowPattern = 2;

    private static readonly DecoderShape Defaults = new(256000, 2304, 9216, 26, 8, 4, 256, 8192);

    public static DecoderPlan Read(JsonSection json)
    {
        if (json.Flag("use_bidirectional_attention", false))
            throw json.Error("use_bidirectional_attention", "Gemma 2 is run with causal attention only; remove the key for that");
        var shape = LayerKeys.Checked(json, DecoderShape.Read(json, Defaults));
        var attention = new AttentionPlan
        {
            QueryHeads = shape.QueryHeads,
            KeyValueHeads = shape.KeyValueHeads,
            HeadSize = shape.HeadSize,
            Scale = LayerKeys.Scale(json),
            SoftCap = LayerKeys.SoftCap(json, "attn_logit_softcapping", 50),
            Rotary = RotaryKeys.Read(json, shape.HeadSize),
            HasBias = json.Flag("attention_bias", false),
        };
        var windows = LayerKeys.Windows(json, shape.Layers, WindowPattern);
        int? window = windows.Contains(true) ? LayerKeys.Window(json, 4096) : null;
        var feedForward = new FeedForwardPlan(shape.IntermediateSize, LayerKeys.Activation(json));
        return shape.ToPlan(json, windows.Select(isLocal => LayerPlan.WithFourNorms(attention with { Window = isLocal ? window : null }, feedForward))) with
        {
            LogitSoftCap = LayerKeys.SoftCap(json, "final_logit_softcapping", 30),
        };
    }
}
