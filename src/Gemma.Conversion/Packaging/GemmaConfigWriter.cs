using System.Text.Json;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Packaging;

/// <summary>Writes a shape as <c>config.json</c>, for checkpoints that have none.</summary>
internal static class GemmaConfigWriter
{
    public static void Write(string path, GemmaConfig config)
    {
        using var stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteStartArray("architectures");
        json.WriteStringValue(config.Architecture == GemmaArchitecture.Model ? "GemmaModel" : "GemmaForCausalLM");
        json.WriteEndArray();
        json.WriteString("model_type", config.ModelType);
        json.WriteNumber("vocab_size", config.VocabSize);
        json.WriteNumber("hidden_size", config.HiddenSize);
        json.WriteNumber("intermediate_size", config.IntermediateSize);
        json.WriteNumber("num_hidden_layers", config.NumHiddenLayers);
        json.WriteNumber("num_attention_heads", config.NumAttentionHeads);
        json.WriteNumber("num_key_value_heads", config.NumKeyValueHeads);
        json.WriteNumber("head_dim", config.HeadDim);
        json.WriteString("hidden_act", "gelu_pytorch_tanh");
        json.WriteNumber("max_position_embeddings", config.MaxPositionEmbeddings);
        json.WriteNumber("rms_norm_eps", config.RmsNormEps);
        WriteRope(json, config);
        json.WriteBoolean("attention_bias", config.AttentionBias);
        json.WriteBoolean("tie_word_embeddings", config.TieWordEmbeddings);
        WriteToken(json, "bos_token_id", config.BosTokenId);
        WriteToken(json, "pad_token_id", config.PadTokenId);
        json.WriteStartArray("eos_token_id");
        foreach (var id in config.EosTokenIds) json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRope(Utf8JsonWriter json, GemmaConfig config)
    {
        json.WriteStartObject("rope_parameters");
        json.WriteString("rope_type", config.RopeScalingFactor == 1 ? "default" : "linear");
        json.WriteNumber("rope_theta", config.RopeTheta);
        if (config.RopeScalingFactor != 1) json.WriteNumber("factor", config.RopeScalingFactor);
        json.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter json, string name, int? id)
    {
        if (id is { } value) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
