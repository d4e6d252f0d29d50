using Gemma.Runtime.Models;

namespace Gemma.Tests;

/// <summary>Shapes of Gemma 1 for random weights.</summary>
internal static class TestShape
{
    /// <param name="vocabulary">Rows of the embedding.</param>
    /// <param name="hidden">Width of the residual stream.</param>
    /// <param name="intermediate">Width of the feed-forward network.</param>
    /// <param name="layers">Decoder layers.</param>
    /// <param name="heads">Query heads, and key and value heads.</param>
    /// <param name="headSize">Width of an attention head.</param>
    /// <param name="context">Positions.</param>
    /// <param name="more">Further keys, with a comma before them.</param>
    public static GemmaConfig Create(int vocabulary, int hidden, int intermediate, int layers, (int Query, int KeyValue) heads, int headSize, int context,
        string more = "") => GemmaConfig.Parse($$"""
        {
          "model_type": "gemma", "vocab_size": {{vocabulary}}, "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}}, "num_hidden_layers": {{layers}},
          "num_attention_heads": {{heads.Query}}, "num_key_value_heads": {{heads.KeyValue}}, "head_dim": {{headSize}}, "max_position_embeddings": {{context}}{{more}}
        }
        """);
}
