using System.Text.Json;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Writes a <c>config.json</c> of Gemma 1 for tensors that came without one.</summary>
internal static class ShapeConfig
{
    /// <param name="path">Where the tensors came from, for messages.</param>
    /// <param name="vocabulary">Rows of the embedding.</param>
    /// <param name="hidden">Width of the residual stream.</param>
    /// <param name="intermediate">Width of the feed-forward network.</param>
    /// <param name="layers">Decoder layers.</param>
    /// <param name="queryHeads">Query heads.</param>
    /// <param name="keyValueHeads">Key and value heads.</param>
    /// <param name="headSize">Width of an attention head.</param>
    /// <param name="context">Positions that the model was trained for.</param>
    /// <exception cref="InvalidModelException">A size is impossible.</exception>
    public static GemmaConfig Create(string path, long vocabulary, long hidden, long intermediate, int layers, long queryHeads, long keyValueHeads,
        long headSize, long context)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartArray("architectures");
            json.WriteStringValue("GemmaForCausalLM");
            json.WriteEndArray();
            json.WriteString("model_type", "gemma");
            json.WriteNumber("vocab_size", vocabulary);
            json.WriteNumber("hidden_size", hidden);
            json.WriteNumber("intermediate_size", intermediate);
            json.WriteNumber("num_hidden_layers", layers);
            json.WriteNumber("num_attention_heads", queryHeads);
            json.WriteNumber("num_key_value_heads", keyValueHeads);
            json.WriteNumber("head_dim", headSize);
            json.WriteString("hidden_act", "gelu_pytorch_tanh");
            json.WriteNumber("max_position_embeddings", context);
            json.WriteNumber("rms_norm_eps", 1e-6);
            json.WriteStartObject("rope_parameters");
            json.WriteString("rope_type", "default");
            json.WriteNumber("rope_theta", 10000.0);
            json.WriteEndObject();
            json.WriteBoolean("attention_bias", false);
            json.WriteBoolean("tie_word_embeddings", true);
            json.WriteNumber("bos_token_id", 2);
            json.WriteNumber("pad_token_id", 0);
            json.WriteStartArray("eos_token_id");
            json.WriteNumberValue(1);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return GemmaConfig.Parse(path, stream.ToArray());
    }
}
