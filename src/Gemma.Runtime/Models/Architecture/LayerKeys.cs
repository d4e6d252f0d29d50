using Gemma.Json;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>Reads the keys that Gemma 2 and its successors share: activation, windows, soft caps.</summary>
internal static class LayerKeys
{
    /// <summary>Keys and queries of layers that look back a window only.</summary>
    public const string Sliding = "sliding_attention";

    /// <summary>Layers that look back to the beginning.</summary>
    public const string Full = "full_attention";

    /// <summary>
    /// Whether each layer looks back a window only: <c>layer_types</c>, else every <paramref name="pattern"/>th layer looks back to the beginning.
    /// </summary>
    public static bool[] Windows(JsonSection json, int layers, int pattern)
    {
        var types = json.Texts("layer_types");
        if (types.Count == 0) return [.. Enumerable.Range(1, layers).Select(number => number % pattern != 0)];
        if (types.Count != layers) throw json.Error("layer_types", $"{types.Count} entries do not fit num_hidden_layers, {layers}");
        return [.. types.Select(type => type switch
        {
            Sliding => true,
            Full => false,
            _ => throw json.Error("layer_types", $"'{type}' is not supported; '{Sliding}' and '{Full}' are"),
        })];
    }

    /// <summary>The window, which layers need that look back no further.</summary>
    public static int Window(JsonSection json, int defaultValue) =>
        json.IsNull("sliding_window")
            ? throw json.Error("sliding_window", "null is no window for the layers that need one")
            : json.Int("sliding_window", defaultValue, 1, 1 << 24);

    /// <summary>What is applied to the gate: <c>hidden_activation</c>, literally; <c>hidden_act</c> does not count.</summary>
    public static GateActivation Activation(JsonSection json) => json.Text("hidden_activation") switch
    {
        null or "gelu_pytorch_tanh" or "gelu_new" => GateActivation.GeluTanh,
        "gelu" => GateActivation.GeluErf,
        var other => throw json.Error("hidden_activation", $"'{other}' is not supported; 'gelu_pytorch_tanh' and 'gelu' are"),
    };

    /// <summary>A soft cap, null where the key says so.</summary>
    public static double? SoftCap(JsonSection json, string key, double? defaultValue) =>
        json.IsNull(key) || (defaultValue is null && !json.Has(key)) ? null : json.Number(key, defaultValue, 0, 1e6);

    /// <summary>What products of queries and keys are multiplied by: <c>query_pre_attn_scalar</c>^-½.</summary>
    public static double Scale(JsonSection json) => 1 / Math.Sqrt(json.Number("query_pre_attn_scalar", 256, 0, 1e6));

    /// <summary>Checks what transformers checks of Gemma 2 and 3, although the width of an attention head does not depend on it.</summary>
    public static DecoderShape Checked(JsonSection json, DecoderShape shape) => shape.HiddenSize % shape.QueryHeads == 0
        ? shape
        : throw json.Error("hidden_size",
            $"{shape.HiddenSize} is no multiple of num_attention_heads, {shape.QueryHeads}, which transformers asks of this family");
}
