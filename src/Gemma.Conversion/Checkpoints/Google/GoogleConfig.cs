using System.Text.Json;
using Gemma.Json;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints.Google;

/// <summary>Google's checkpoints have no config.json: the sizes are the tensors', and the width of a head is that of the saved rotary table.</summary>
internal static class GoogleConfig
{
    private const string FirstLayer = "model.layers.0.";

    /// <summary>The configuration of the tensors, checked as one in a file is.</summary>
    /// <exception cref="InvalidModelException">A size cannot be found or is impossible.</exception>
    public static GemmaConfig Derive(string path, CheckpointReader reader)
    {
        var embedding = Shape("model.embed_tokens.weight", 2);
        var rotary = reader.Tensors.TryGetValue(GoogleLayout.Rotary, out var table) && table.Shape.Count == 2 && table.Shape[1] > 0
            ? table.Shape
            : throw new InvalidModelException(path, GoogleLayout.Rotary, "the table is missing, so the width of a head is unknown; give a config.json (--config)");
        var headDim = 2 * rotary[1];
        var queries = Shape(FirstLayer + "self_attn.q_proj.weight", 2)[0];
        var keys = Shape(FirstLayer + "self_attn.k_proj.weight", 2)[0];
        if (queries % headDim != 0 || keys % headDim != 0) throw new InvalidModelException(path, GoogleLayout.Rotary, $"heads of {headDim} do not fit {queries} rows of queries and {keys} of keys; give a config.json (--config)");
        var layers = 0;
        while (reader.Tensors.ContainsKey(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"model.layers.{layers}.input_layernorm.weight"))) layers++;

        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("model_type", "gemma");
            json.WriteNumber("vocab_size", embedding[0]);
            json.WriteNumber("hidden_size", embedding[1]);
            json.WriteNumber("intermediate_size", Shape(FirstLayer + "mlp.gate_proj.weight", 2)[0]);
            json.WriteNumber("num_hidden_layers", layers);
            json.WriteNumber("num_attention_heads", queries / headDim);
            json.WriteNumber("num_key_value_heads", keys / headDim);
            json.WriteNumber("head_dim", headDim);

            // The original code saves twice as many positions as the model was trained for.
            json.WriteNumber("max_position_embeddings", Math.Max(1, rotary[0] / 2));
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(stream.ToArray());
        return GemmaConfigReader.Read(JsonSection.Root(path, document));

        IReadOnlyList<long> Shape(string name, int rank) =>
            reader.Tensors.TryGetValue(name, out var tensor) && tensor.Shape.Count == rank
                ? tensor.Shape
                : throw new InvalidModelException(path, name, "the tensor is missing or no matrix; the checkpoint is incomplete, download it again");
    }
}
