using System.Globalization;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>Hugging Face's names of tensors, without the prefix of the class that they were saved from; those of a layer without its number.</summary>
internal static class TensorNames
{
    public const string Embedding = "embed_tokens.weight";
    public const string FinalNorm = "norm.weight";

    /// <summary>The language-model head, which never has a prefix.</summary>
    public const string LmHead = "lm_head.weight";

    public const string Query = "self_attn.q_proj";
    public const string Key = "self_attn.k_proj";
    public const string Value = "self_attn.v_proj";
    public const string Output = "self_attn.o_proj";
    public const string QueryNorm = "self_attn.q_norm";
    public const string KeyNorm = "self_attn.k_norm";
    public const string Gate = "mlp.gate_proj";
    public const string Up = "mlp.up_proj";
    public const string Down = "mlp.down_proj";
    public const string LayerScale = "layer_scalar";

    /// <summary>A layer's weight.</summary>
    public static string Weight(int layer, string part) => string.Create(CultureInfo.InvariantCulture, $"layers.{layer}.{part}.weight");

    /// <summary>A layer's bias.</summary>
    public static string Bias(int layer, string part) => string.Create(CultureInfo.InvariantCulture, $"layers.{layer}.{part}.bias");

    /// <summary>A layer's tensor without suffix.</summary>
    public static string Plain(int layer, string part) => string.Create(CultureInfo.InvariantCulture, $"layers.{layer}.{part}");
}
