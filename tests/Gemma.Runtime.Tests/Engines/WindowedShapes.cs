using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Models;
using Gemma.Runtime.Tests.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Engines;

/// <summary>Small models with a window of 16, and engines over them whose sliding-window layers keep 48 tokens, or all.</summary>
internal static class WindowedShapes
{
    public const int Window = 16;

    /// <summary>Rows that such a layer keeps besides the window.</summary>
    public const int Room = 32;

    /// <summary>Three layers of four look back a window.</summary>
    public static readonly GemmaConfig Gemma3 = GemmaConfig.Parse(
        """
        {
          "model_type": "gemma3_text", "vocab_size": 512, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
          "max_position_embeddings": 1024, "sliding_window": 16, "query_pre_attn_scalar": 32, "layer_types": ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]
        }
        """);

    /// <summary>Attention heads as wide as released models have.</summary>
    public static readonly GemmaConfig WideHeads = GemmaConfig.Parse(
        """
        {
          "model_type": "gemma3_text", "vocab_size": 512, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 256,
          "max_position_embeddings": 1024, "sliding_window": 128, "query_pre_attn_scalar": 256, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]
        }
        """);

    /// <summary>Attention heads of two sizes, and layers that read the caches of others.</summary>
    public static readonly GemmaConfig Gemma4 = GemmaConfig.Parse(
        """
        {
          "model_type": "gemma4_text", "vocab_size": 512, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 6, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 16,
          "global_head_dim": 32, "hidden_size_per_layer_input": 0, "num_kv_shared_layers": 3, "max_position_embeddings": 1024, "sliding_window": 16,
          "layer_types": ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "full_attention"]
        }
        """);

    /// <summary>Opens an engine.</summary>
    /// <param name="package">The package.</param>
    /// <param name="room">Tokens beside the window; null: caches keep everything.</param>
    /// <param name="budget">Bytes of keys and values.</param>
    /// <param name="precision">Their number type.</param>
    public static OnnxRuntimeEngine Open(ModelPackage package, int? room = Room, long? budget = null, CachePrecision precision = CachePrecision.Package)
    {
        var options = new OnnxRuntimeEngineOptions
        {
            ModelPath = package.ModelPath,
            PrefillModelPath = package.PrefillModelPath,
            KeyValueLayout = package.KeyValueLayout,
            ContextLength = package.ContextLength,
            Engine = new EngineOptions { Threads = 1, MaxCacheBytes = budget, CachePrecision = precision },
            MaxSequences = 40,
            WindowRoom = room,
        };
        return new OnnxRuntimeEngine(options);
    }

    /// <summary>A prompt of ids that are the same at each run.</summary>
    public static int[] Prompt(int seed, int length) => TinyEngine.Prompt(seed, length);
}
