using System.Globalization;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>Gives a GGUF file's tensors transformers' names. Nothing is transposed; norms are stored as w + 1, but for Gemma 4's.</summary>
internal static class GgufLayout
{
    private const string Layer = "blk.";
    private const string FusedProjections = "attn_qkv";
    private const string RotaryFactors = "rope_freqs.weight";

    private static readonly Dictionary<string, string> Parts = new(StringComparer.Ordinal)
    {
        ["attn_norm"] = "input_layernorm",
        ["attn_q"] = "self_attn.q_proj",
        ["attn_k"] = "self_attn.k_proj",
        ["attn_v"] = "self_attn.v_proj",
        ["attn_output"] = "self_attn.o_proj",
        ["attn_q_norm"] = "self_attn.q_norm",
        ["attn_k_norm"] = "self_attn.k_norm",
        ["post_attention_norm"] = "post_attention_layernorm",
        ["post_ffw_norm"] = "post_feedforward_layernorm",
        ["ffn_gate"] = "mlp.gate_proj",
        ["ffn_up"] = "mlp.up_proj",
        ["ffn_down"] = "mlp.down_proj",
    };

    // The only parts of a Gemma that may have a bias.
    private static readonly string[] Attention = ["attn_q", "attn_k", "attn_v", "attn_output"];

    // Gemma 4's; not all have an ending in transformers.
    private static readonly Dictionary<string, string> Further = new(StringComparer.Ordinal)
    {
        ["layer_output_scale.weight"] = "layer_scalar",
        ["inp_gate.weight"] = "per_layer_input_gate.weight",
        ["proj.weight"] = "per_layer_projection.weight",
        ["post_norm.weight"] = "post_per_layer_input_norm.weight",
        ["pre_ffw_norm_2.weight"] = "pre_feedforward_layernorm_2.weight",
        ["post_ffw_norm_1.weight"] = "post_feedforward_layernorm_1.weight",
        ["post_ffw_norm_2.weight"] = "post_feedforward_layernorm_2.weight",
        ["ffn_gate_inp.weight"] = "router.proj.weight",
        ["ffn_gate_inp.scale"] = "router.scale",
        ["ffn_gate_up_exps.weight"] = "experts.gate_up_proj",
        ["ffn_down_exps.weight"] = "experts.down_proj",
        ["ffn_down_exps.scale"] = "router.per_expert_scale",
    };

    /// <summary>Maps the tensors of a model.</summary>
    /// <param name="shards">The files.</param>
    /// <param name="architecture">Their architecture.</param>
    /// <param name="config">The model's sizes.</param>
    /// <param name="unknown">Receives the names of tensors that no Gemma has; they are not read.</param>
    /// <exception cref="InvalidModelException">A tensor's type cannot be read.</exception>
    public static Dictionary<string, StoredTensor> Map(GgufShards shards, GgufArchitecture architecture, GgufConfig config, ICollection<string> unknown)
    {
        Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);
        foreach (var tensor in shards.Tensors)
        {
            if (tensor.Name == RotaryFactors)
            {
                if (!architecture.LayersDiffer) CheckRotaryFactors(shards, tensor);
            }
            else if (!architecture.LayersDiffer && IsFused(tensor.Name, out var layer)) Split(shards, config, tensor, layer, tensors);
            else if (Name(tensor.Name, architecture) is { } name)
            {
                var isShifted = !architecture.HasPlainNorms && IsNorm(tensor.Name);
                Add(shards, tensor, name, isShifted ? new ShiftedTensor(shards.Open(tensor), -1) : shards.Open(tensor), tensors);
            }
            else if (IsAttentionBias(tensor.Name))
                throw shards.Metadata.Error(tensor.Name, "a bias of three projections in one tensor is not supported; convert the model without --fuse-qkv");
            else if (!architecture.IsBidirectional || !GgufEmbedder.IsDense(tensor.Name)) unknown.Add(tensor.Name);
        }

        return tensors;
    }

    /// <summary>Transformers' name of a tensor, or null if there is none.</summary>
    public static string? Name(string name, GgufArchitecture architecture)
    {
        switch (name)
        {
            case "token_embd.weight": return "model.embed_tokens.weight";
            case "output_norm.weight": return "model.norm.weight";
            case "output.weight": return "lm_head.weight";
            case "per_layer_token_embd.weight": return "model.embed_tokens_per_layer.weight";
            case "per_layer_model_proj.weight": return "model.per_layer_model_projection.weight";
            case "per_layer_proj_norm.weight": return "model.per_layer_projection_norm.weight";
            default: break;
        }

        if (!name.StartsWith(Layer, StringComparison.Ordinal)
            || name.Split('.') is not [_, var number, var part, var kind]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var layer)) return null;
        var module = architecture.LayersDiffer && Further.TryGetValue($"{part}.{kind}", out var whole) ? whole : Module(part, kind, architecture);
        return module is null ? null : string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.{module}");
    }

    /// <summary>Whether a tensor is a bias of attention: then all layers must have them all.</summary>
    public static bool IsAttentionBias(string name) =>
        name.Split('.') is ["blk", _, var part, "bias"] && (Attention.Contains(part) || part == FusedProjections);

    private static string? Module(string part, string kind, GgufArchitecture architecture)
    {
        if (kind != "weight" && !(kind == "bias" && Attention.Contains(part))) return null;
        var module = part == "ffn_norm"
            ? architecture.HasOuterNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"
            : Parts.GetValueOrDefault(part);
        return module is null ? null : $"{module}.{kind}";
    }

    private static void Add(GgufShards shards, GgufTensorInfo tensor, string name, StoredTensor stored, Dictionary<string, StoredTensor> tensors)
    {
        if (!tensors.TryAdd(name, stored)) throw shards.Metadata.Error(tensor.Name, $"another tensor is {name} already");
    }

    private static bool IsNorm(string name) => name.EndsWith("norm.weight", StringComparison.Ordinal);

    private static bool IsFused(string name, out string layer)
    {
        layer = string.Empty;
        if (name.Split('.') is not ["blk", var number, FusedProjections, "weight"]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return false;
        layer = number;
        return true;
    }

    // The rows of q, then k, then v; blocks never cross rows.
    private static void Split(GgufShards shards, GgufConfig config, GgufTensorInfo tensor, string layer, Dictionary<string, StoredTensor> tensors)
    {
        var (queries, keys) = ((long)config.AttentionHeads * config.HeadSize, (long)config.KeyValueHeads * config.HeadSize);
        if (tensor.Shape is not [var rows, _] || rows != queries + (2 * keys))
        {
            throw shards.Metadata.Error(tensor.Name,
                $"the shape is [{string.Join(", ", tensor.Shape)}]; {queries} rows of queries and {keys} of keys and values each are expected");
        }
        var first = 0L;
        foreach (var (part, count) in ((string, long)[])[("q", queries), ("k", keys), ("v", keys)])
        {
            Add(shards, tensor, $"model.layers.{layer}.self_attn.{part}_proj.weight", shards.Open(tensor, first, count), tensors);
            first += count;
        }
    }

    private static void CheckRotaryFactors(GgufShards shards, GgufTensorInfo tensor)
    {
        const int MaxFactors = 1 << 16;
        if (tensor.Shape is not [<= MaxFactors and var count]) throw shards.Metadata.Error(tensor.Name, "a short vector is expected");
        var factors = new float[count];
        shards.Open(tensor).Read(0, factors);
        if (factors.AsSpan().ContainsAnyExcept(1f))
            throw shards.Metadata.Error(tensor.Name, "factors other than 1 change the rotary embedding in a way that no supported model has");
    }
}
