using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints;

/// <summary>The shapes of released models by name. Source: their <c>config.json</c>.</summary>
internal static class ReleasedShapes
{
    private static readonly (string Name, Func<string, GemmaConfig> Create)[] All =
    [
        ("2b", name => ShapeConfig.Create(name, 256000, 2048, 16384, 18, 8, 1, 256, 8192)),
        ("7b", name => ShapeConfig.Create(name, 256000, 3072, 24576, 28, 16, 16, 256, 8192)),
        ("2-2b", name => Gemma2(name, 2304, 9216, 26, 8, 4)),
        ("3-270m", name => Gemma3(name, 262144, 640, 2048, 18, 4, 1, """ "max_position_embeddings": 32768, "sliding_window": 512 """)),
        ("3-1b", name => Gemma3(name, 262144, 1152, 6912, 26, 4, 1, """ "max_position_embeddings": 32768, "sliding_window": 512 """)),
        ("3-4b", name =>
            Gemma3(name, 262208, 2560, 10240, 34, 8, 4,
                """ "max_position_embeddings": 131072, "sliding_window": 1024, "rope_scaling": { "rope_type": "linear", "factor": 8.0 } """)),
        ("embedding", Embedding),
        ("4-e2b", name => Gemma4(name, 1536, 6144, 35, 5, 8, 1, """ "sliding_window": 512, "num_kv_shared_layers": 20, "use_double_wide_mlp": true """)),
        ("4-e4b", name => Gemma4(name, 2560, 10240, 42, 6, 8, 2, """ "sliding_window": 512, "num_kv_shared_layers": 18 """)),
        ("4-12b", name =>
            Gemma4(name, 3840, 15360, 48, 6, 16, 8,
                """ "sliding_window": 1024, "hidden_size_per_layer_input": 0, "attention_k_eq_v": true, "num_global_key_value_heads": 1 """)),

        // The whole model has 30 layers; these 6 fit into 24 GB, packed and unpacked.
        ("4-26b-a4b-mini", name => Gemma4(name, 2816, 2112, 6, 6, 16, 8, """
            "sliding_window": 1024, "hidden_size_per_layer_input": 0, "attention_k_eq_v": true, "num_global_key_value_heads": 2,
            "enable_moe_block": true, "num_experts": 128, "top_k_experts": 8, "moe_intermediate_size": 704
            """)),
    ];

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => All.Select(shape => shape.Name);

    /// <summary>The configuration of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static GemmaConfig Create(string shape) => Array.Find(All, known => known.Name == shape) is { Create: { } create }
        ? create(shape)
        : throw new ArgumentException($"'{shape}' is not one of the shapes {string.Join(", ", Names)}.", nameof(shape));

    private static GemmaConfig Gemma2(string path, int hidden, int intermediate, int layers, int heads, int keyValueHeads) => Parse(path, $$"""
        {
          "architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "vocab_size": 256000,
          "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}},
          "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}}, "num_key_value_heads": {{keyValueHeads}},
          "head_dim": 256, "query_pre_attn_scalar": 256,
          "max_position_embeddings": 8192, "sliding_window": 4096, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0,
          "hidden_activation": "gelu_pytorch_tanh", "bos_token_id": 2, "pad_token_id": 0, "eos_token_id": [1, 107]
        }
        """);

    private static GemmaConfig Gemma3(string path, int vocabulary, int hidden, int intermediate, int layers, int heads, int keyValueHeads, string more) =>
        Parse(path, $$"""
        {
          "architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", "vocab_size": {{vocabulary}},
          "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}},
          "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}}, "num_key_value_heads": {{keyValueHeads}},
          "head_dim": 256, "query_pre_attn_scalar": 256,
          "sliding_window_pattern": 6, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0,
          "hidden_activation": "gelu_pytorch_tanh", "bos_token_id": 2, "pad_token_id": 0, "eos_token_id": [1, 106], {{more}}
        }
        """);

    // EmbeddingGemma.
    private static GemmaConfig Embedding(string path) => Parse(path, $$"""
        {
          "architectures": ["Gemma3TextModel"], "model_type": "gemma3_text", "use_bidirectional_attention": true, "vocab_size": 262144,
          "hidden_size": 768, "intermediate_size": 1152, "num_hidden_layers": 24, "num_attention_heads": 3, "num_key_value_heads": 1,
          "head_dim": 256, "query_pre_attn_scalar": 256, "max_position_embeddings": 2048, "sliding_window": 512,
          "sliding_window_pattern": 6, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0,
          "hidden_activation": "gelu_pytorch_tanh", "bos_token_id": 2, "pad_token_id": 0, "eos_token_id": 1
        }
        """);

    // Every so many layers one looks back to the beginning; what is not said is the default of the class.
    private static GemmaConfig Gemma4(string path, int hidden, int intermediate, int layers, int pattern, int heads, int keyValueHeads, string more)
    {
        var types = string.Join(", ", Enumerable.Range(1, layers).Select(layer => layer % pattern == 0 ? "\"full_attention\"" : "\"sliding_attention\""));
        return Parse(path, $$"""
            {
              "architectures": ["Gemma4ForCausalLM"], "model_type": "gemma4_text", "vocab_size": 262144,
              "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}},
              "num_hidden_layers": {{layers}}, "layer_types": [{{types}}], "num_attention_heads": {{heads}}, "num_key_value_heads": {{keyValueHeads}},
              "final_logit_softcapping": 30.0, "bos_token_id": 2, "pad_token_id": 0, "eos_token_id": [1], {{more}}
            }
            """);
    }

    private static GemmaConfig Parse(string path, FormattableString json) =>
        GemmaConfig.Parse(path, System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant(json)));
}
