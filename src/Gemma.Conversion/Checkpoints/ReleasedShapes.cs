using System.Globalization;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints;

/// <summary>The shapes of released models by name. Source: their <c>config.json</c>.</summary>
internal static class ReleasedShapes
{
    private static readonly (string Name, Func<string, GemmaConfig> Create)[] s_all =
    [
        ("2b", name => ShapeConfig.Create(name, 256000, 2048, 16384, 18, 8, 1, 256, 8192)),
        ("7b", name => ShapeConfig.Create(name, 256000, 3072, 24576, 28, 16, 16, 256, 8192)),
        ("4-e2b", name => Gemma4(name, 1536, 6144, 35, 5, 8, 1, """ "sliding_window": 512, "num_kv_shared_layers": 20, "use_double_wide_mlp": true """)),
        ("4-e4b", name => Gemma4(name, 2560, 10240, 42, 6, 8, 2, """ "sliding_window": 512, "num_kv_shared_layers": 18 """)),
        ("4-12b", name => Gemma4(name, 3840, 15360, 48, 6, 16, 8, """ "sliding_window": 1024, "hidden_size_per_layer_input": 0, "attention_k_eq_v": true, "num_global_key_value_heads": 1 """)),

        // The whole model has 30 layers; these 6 fit into 24 GB, packed and unpacked.
        ("4-26b-a4b-mini", name => Gemma4(name, 2816, 2112, 6, 6, 16, 8, """
            "sliding_window": 1024, "hidden_size_per_layer_input": 0, "attention_k_eq_v": true, "num_global_key_value_heads": 2,
            "enable_moe_block": true, "num_experts": 128, "top_k_experts": 8, "moe_intermediate_size": 704
            """)),
    ];

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => s_all.Select(shape => shape.Name);

    /// <summary>The configuration of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static GemmaConfig Create(string shape) => Array.Find(s_all, known => known.Name == shape) is { Create: { } create }
        ? create(shape)
        : throw new ArgumentException($"'{shape}' is not one of the shapes {string.Join(", ", Names)}.", nameof(shape));

    // Every so many layers one looks back to the beginning; what is not said is the default of the class.
    private static GemmaConfig Gemma4(string path, int hidden, int intermediate, int layers, int pattern, int heads, int keyValueHeads, string more)
    {
        var types = string.Join(", ", Enumerable.Range(1, layers).Select(layer => layer % pattern == 0 ? "\"full_attention\"" : "\"sliding_attention\""));
        var json = string.Create(CultureInfo.InvariantCulture, $$"""
            {
              "architectures": ["Gemma4ForCausalLM"], "model_type": "gemma4_text", "vocab_size": 262144, "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}},
              "num_hidden_layers": {{layers}}, "layer_types": [{{types}}], "num_attention_heads": {{heads}}, "num_key_value_heads": {{keyValueHeads}},
              "final_logit_softcapping": 30.0, "bos_token_id": 2, "pad_token_id": 0, "eos_token_id": [1], {{more}}
            }
            """);
        return GemmaConfig.Parse(path, System.Text.Encoding.UTF8.GetBytes(json));
    }
}
