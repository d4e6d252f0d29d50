using Gemma.Runtime.Models.Architecture;

namespace Gemma.Peers;

/// <summary>What llama.cpp calls a plan's tensors.</summary>
internal static class GgufNames
{
    private static readonly Dictionary<string, string> Parts = new(StringComparer.Ordinal)
    {
        ["input_layernorm"] = "attn_norm",
        [TensorNames.Query] = "attn_q",
        [TensorNames.Key] = "attn_k",
        [TensorNames.Value] = "attn_v",
        [TensorNames.Output] = "attn_output",
        [TensorNames.QueryNorm] = "attn_q_norm",
        [TensorNames.KeyNorm] = "attn_k_norm",
        ["pre_feedforward_layernorm"] = "ffn_norm",
        ["post_feedforward_layernorm"] = "post_ffw_norm",
        [TensorNames.Gate] = "ffn_gate",
        [TensorNames.Up] = "ffn_up",
        [TensorNames.Down] = "ffn_down",
    };

    /// <summary>The name of a tensor of the plan.</summary>
    /// <exception cref="NotSupportedException">No released file has it.</exception>
    public static string Of(string name, DecoderPlan plan)
    {
        if (name == TensorNames.Embedding) return "token_embd.weight";
        if (name == TensorNames.FinalNorm) return "output_norm.weight";
        if (name == TensorNames.LmHead) return "output.weight";
        if (name.Split('.', 3) is not ["layers", var layer, var rest] || !rest.EndsWith(".weight", StringComparison.Ordinal)) throw Unknown(name);
        var part = rest[..^".weight".Length];

        // The only norm between the two parts of a Gemma 1 layer is named by what it follows.
        var target = part == "post_attention_layernorm"
            ? plan.Layers[0].PostAttentionNorm is null ? "ffn_norm" : "post_attention_norm"
            : Parts.GetValueOrDefault(part) ?? throw Unknown(name);
        return $"blk.{layer}.{target}.weight";
    }

    private static NotSupportedException Unknown(string name) => new($"llama.cpp's Gemma 1 to 3 have no tensor like {name}.");
}
