using Gemma.Json;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>
/// Gemma 3's text model. Missing keys have the values of Gemma3TextConfig, which are no released model's. Source: transformers, <c>configuration_gemma3.py</c>.
/// </summary>
internal static class Gemma3Family
{
    private const int WindowPattern = 6;
    private const double GlobalTheta = 1e6;
    private const double LocalTheta = 1e4;

    private static readonly DecoderShape Defaults = new(262208, 2304, 9216, 26, 8, 4, 256, 131072);

    public static DecoderPlan Read(JsonSection json)
    {
        var shape = LayerKeys.Checked(json, DecoderShape.Read(json, Defaults));
        var isBidirectional = json.Flag("use_bidirectional_attention", false);
        var parameters = json.Section("rope_parameters");

        // attn_logit_softcapping is ignored, as transformers does.
        var global = new AttentionPlan
        {
            QueryHeads = shape.QueryHeads,
            KeyValueHeads = shape.KeyValueHeads,
            HeadSize = shape.HeadSize,
            Scale = LayerKeys.Scale(json),
            Rotary = GlobalRotary(json, parameters?.Section(LayerKeys.Full), shape.HeadSize),
            HasBias = json.Flag("attention_bias", false),
            NormalizesQueryKey = true,
            IsCausal = !isBidirectional,
        };
        var windows = LayerKeys.Windows(json, shape.Layers,
            json.Int("sliding_window_pattern", json.Int("_sliding_window_pattern", WindowPattern, 1, 4096), 1, 4096));
        var local = windows.Contains(true)
            ? global with { Window = Window(json, isBidirectional), Rotary = LocalRotary(json, parameters?.Section(LayerKeys.Sliding), shape.HeadSize) }
            : global;
        var feedForward = new FeedForwardPlan(shape.IntermediateSize, LayerKeys.Activation(json));
        return shape.ToPlan(json, windows.Select(isLocal => LayerPlan.WithFourNorms(isLocal ? local : global, feedForward))) with
        {
            LogitSoftCap = LayerKeys.SoftCap(json, "final_logit_softcapping", null),
        };
    }

    // The configuration counts both sides of a bidirectional window together.
    private static int Window(JsonSection json, bool isBidirectional) =>
        LayerKeys.Window(json, 4096) is var window && isBidirectional ? (window / 2) + 1 : window;

    // rope_scaling and rope_theta of transformers 4 are the global layers'; where both are there, rope_scaling's keys replace those of rope_parameters.
    private static RotaryPlan GlobalRotary(JsonSection json, JsonSection? section, int headSize)
    {
        var scaling = json.Section("rope_scaling");
        var theta = RotaryKeys.Theta(section ?? json, "rope_theta", RotaryKeys.Theta(json, "rope_theta", GlobalTheta));
        if (scaling is { } over) theta = RotaryKeys.Theta(over, "rope_theta", theta);
        return (scaling ?? section) is { } keys ? RotaryKeys.Scaled(keys, headSize, theta, section) : new RotaryPlan(headSize, theta);
    }

    private static RotaryPlan LocalRotary(JsonSection json, JsonSection? section, int headSize)
    {
        var theta = RotaryKeys.Theta(json, "rope_local_base_freq", LocalTheta);
        return section is { } keys ? RotaryKeys.Scaled(keys, headSize, RotaryKeys.Theta(keys, "rope_theta", theta)) : new RotaryPlan(headSize, theta);
    }
}
