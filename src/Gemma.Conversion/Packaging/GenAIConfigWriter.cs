using System.Text.Json;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Packaging;

/// <summary>Writes <c>genai_config.json</c>: exactly the keys that ONNX Runtime GenAI's parser knows.</summary>
internal static class GenAIConfigWriter
{
    public static void Write(string path, GemmaConfig config, IReadOnlyCollection<int> eosTokenIds)
    {
        using var stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteStartObject("model");
        json.WriteNumber("bos_token_id", config.BosTokenId ?? 2);
        json.WriteNumber("context_length", config.MaxPositionEmbeddings);
        WriteDecoder(json, config);
        json.WriteStartArray("eos_token_id");
        foreach (var id in eosTokenIds) json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteNumber("pad_token_id", config.PadTokenId ?? 0);
        json.WriteString("type", config.Family.GenAIType);
        json.WriteNumber("vocab_size", config.VocabSize);
        json.WriteEndObject();
        WriteSearch(json, config);
        json.WriteEndObject();
    }

    private static void WriteDecoder(Utf8JsonWriter json, GemmaConfig config)
    {
        json.WriteStartObject("decoder");
        json.WriteStartObject("session_options");
        json.WriteString("log_id", "onnxruntime-genai");
        json.WriteStartArray("provider_options");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteString("filename", "model.onnx");
        var attention = config.Plan.Layers[0].Attention;
        json.WriteNumber("head_size", attention.GraphHeadSize);
        json.WriteNumber("hidden_size", config.HiddenSize);
        json.WriteStartObject("inputs");
        json.WriteString("input_ids", GraphNames.InputIds);
        json.WriteString("attention_mask", GraphNames.AttentionMask);
        json.WriteString("past_key_names", GraphNames.PastPattern + GraphNames.Key);
        json.WriteString("past_value_names", GraphNames.PastPattern + GraphNames.Value);
        json.WriteEndObject();
        json.WriteStartObject("outputs");
        json.WriteString("logits", GraphNames.Logits);
        json.WriteString("present_key_names", GraphNames.PresentPattern + GraphNames.Key);
        json.WriteString("present_value_names", GraphNames.PresentPattern + GraphNames.Value);
        json.WriteEndObject();
        json.WriteNumber("num_attention_heads", attention.QueryHeads);
        json.WriteNumber("num_hidden_layers", config.Plan.Layers.Count(layer => layer.Attention.SharedCacheLayer is null));
        json.WriteNumber("num_key_value_heads", attention.KeyValueHeads);
        json.WriteEndObject();
    }

    private static void WriteSearch(Utf8JsonWriter json, GemmaConfig config)
    {
        json.WriteStartObject("search");
        json.WriteNumber("diversity_penalty", 0.0);
        json.WriteBoolean("do_sample", false);
        json.WriteBoolean("early_stopping", true);
        json.WriteNumber("length_penalty", 1.0);
        json.WriteNumber("max_length", config.MaxPositionEmbeddings);
        json.WriteNumber("min_length", 0);
        json.WriteNumber("no_repeat_ngram_size", 0);
        json.WriteNumber("num_beams", 1);
        json.WriteNumber("num_return_sequences", 1);
        json.WriteBoolean("past_present_share_buffer", true);
        json.WriteNumber("repetition_penalty", 1.0);
        json.WriteNumber("temperature", 1.0);
        json.WriteNumber("top_k", 50);
        json.WriteNumber("top_p", 1.0);
        json.WriteEndObject();
    }
}
