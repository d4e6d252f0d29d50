using System.Globalization;
using Gemma.Json;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>
/// Gemma 4's text model. Missing keys have the values of Gemma4TextConfig, which are no released model's. Source: transformers, <c>configuration_gemma4.py</c>.
/// </summary>
internal static class Gemma4Family
{
    private const int WindowPattern = 6;
    private const int DefaultWindow = 512;
    private const int DefaultPerLayerWidth = 256;
    private const int DefaultPad = 0;

    private static readonly DecoderShape Defaults = new(262144, 2304, 9216, 30, 8, 4, 256, 131072);
    private static readonly (string Key, int Default)[] Placeholders = [("image_token_id", 258880), ("audio_token_id", 258881), ("video_token_id", 258884)];

    /// <summary>Reads the text model.</summary>
    public static DecoderPlan Read(JsonSection json) => Read(json, Defaults.ContextLength, DefaultWindow, Experts(json)) with
    {
        PerLayerInput = PerLayerInput(json),
    };

    /// <summary>
    /// Reads the text model of the class that shares one encoder for all media. It has other defaults, and neither experts nor a second embedding: their keys,
    /// where they are there, mean nothing.
    /// </summary>
    public static DecoderPlan ReadUnified(JsonSection json) => Read(json, 2 * Defaults.ContextLength, 2 * DefaultWindow, null);

    /// <summary>Adds what the object around the text model says about it: ids that stand for an image or a sound are embedded as padding.</summary>
    public static DecoderPlan ReadPlaceholders(JsonSection json, DecoderPlan plan, JsonSection text) => plan with
    {
        PlaceholderIds = [.. Placeholders.Where(id => !json.IsNull(id.Key)).Select(id => json.Int(id.Key, id.Default, 0, 1 << 24))
            .Where(id => id < plan.VocabSize).Distinct()],
        PlaceholderRow = text.Int("pad_token_id", DefaultPad, 0, plan.VocabSize - 1),
    };

    private static DecoderPlan Read(JsonSection json, int contextLength, int defaultWindow, ExpertsPlan? experts)
    {
        var shape = DecoderShape.Read(json, Defaults with { ContextLength = contextLength });
        if (json.Text("use_bidirectional_attention") is not (null or "vision") and var direction)
            throw json.Error("use_bidirectional_attention", $"'{direction}' is not supported; null and 'vision' are, which leave text causal");

        // The last layer always looks back to the beginning.
        var windows = LayerKeys.Windows(json, shape.Layers, WindowPattern);
        windows[^1] = false;
        int? window = windows.Contains(true) ? LayerKeys.Window(json, defaultWindow) : null;
        var heads = new Gemma4Attention(json, shape, window);
        var attention = windows.Select((isLocal, layer) => heads.Read(layer, isLocal)).ToArray();
        var own = shape.Layers - json.Int("num_kv_shared_layers", 0, 0, shape.Layers - 1);
        var feedForward = new FeedForwardPlan(shape.IntermediateSize, LayerKeys.Activation(json), experts);
        var shared = json.Flag("use_double_wide_mlp", false) ? feedForward with { Width = 2 * feedForward.Width } : feedForward;
        return shape.ToPlan(json,
            attention.Select((part, layer) =>
                LayerPlan.WithFourNorms(layer < own ? part : part with { SharedCacheLayer = Source(layer) }, layer < own ? feedForward : shared) with
                {
                    HasScale = true,
                })) with
        {
            NormOffset = 0,
            LogitSoftCap = LayerKeys.SoftCap(json, "final_logit_softcapping", null),
        };

        // The last layer of the same kind that has keys and values of its own.
        int Source(int layer)
        {
            var source = Array.LastIndexOf(windows, windows[layer], own - 1);
            if (source < 0)
            {
                throw json.Error("num_kv_shared_layers",
                    string.Create(CultureInfo.InvariantCulture, $"layer {layer} has no layer of its kind before it whose keys and values it could read"));
            }
            return attention[source].KeyValueSize == attention[layer].KeyValueSize && attention[source].HeadSize == attention[layer].HeadSize ? source
                : throw json.Error("num_kv_shared_layers",
                    string.Create(CultureInfo.InvariantCulture,
                        $"layer {layer} reads keys and values of layer {source}, whose attention heads have another size"));
        }
    }

    private static ExpertsPlan? Experts(JsonSection json)
    {
        if (!json.Flag("enable_moe_block", false)) return null;
        var count = json.Int("num_experts", null, 1, 1 << 16);
        return new ExpertsPlan(count, json.Int("top_k_experts", null, 1, count), json.Int("moe_intermediate_size", null, 1, 1 << 20));
    }

    // null and 0 both mean none; a missing key does not.
    private static PerLayerInputPlan? PerLayerInput(JsonSection json)
    {
        var width = json.IsNull("hidden_size_per_layer_input") ? 0 : json.Int("hidden_size_per_layer_input", DefaultPerLayerWidth, 0, 1 << 16);
        if (width == 0) return null;
        var rows = json.Int("vocab_size_per_layer_input", Defaults.VocabSize, 1, 1 << 24);
        var tokens = json.Int("vocab_size", Defaults.VocabSize, 1, 1 << 24);
        return rows >= tokens
            ? new PerLayerInputPlan(rows, width)
            : throw json.Error("vocab_size_per_layer_input", $"{rows} rows are fewer than vocab_size, {tokens}");
    }
}
