using Gemma.Json;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>The sizes that every family's <c>config.json</c> has under the same keys.</summary>
internal sealed record DecoderShape(int VocabSize, int HiddenSize, int IntermediateSize, int Layers, int QueryHeads, int KeyValueHeads, int HeadSize,
    int ContextLength)
{
    /// <summary>Reads and checks the sizes.</summary>
    /// <param name="json">The object.</param>
    /// <param name="defaults">The family's values of missing keys.</param>
    /// <exception cref="InvalidModelException">A size is impossible.</exception>
    public static DecoderShape Read(JsonSection json, DecoderShape defaults)
    {
        var vocabulary = json.Int("vocab_size", defaults.VocabSize, 1, 1 << 24);
        var heads = json.Int("num_attention_heads", defaults.QueryHeads, 1, 4096);
        var keyValueHeads = json.Int("num_key_value_heads", defaults.KeyValueHeads, 1, 4096);
        if (heads % keyValueHeads != 0) throw json.Error("num_key_value_heads", $"{keyValueHeads} does not divide num_attention_heads, {heads}");
        var headSize = json.Int("head_dim", defaults.HeadSize, 2, 4096);
        if (headSize % 2 != 0) throw json.Error("head_dim", $"{headSize} is odd; the rotary embedding needs an even one");
        return new DecoderShape(
            vocabulary,
            json.Int("hidden_size", defaults.HiddenSize, 1, 1 << 20),
            json.Int("intermediate_size", defaults.IntermediateSize, 1, 1 << 22),
            json.Int("num_hidden_layers", defaults.Layers, 1, 4096),
            heads,
            keyValueHeads,
            headSize,
            json.Int("max_position_embeddings", defaults.ContextLength, 1, 1 << 24));
    }

    /// <summary>The plan of these sizes, with what every family reads alike.</summary>
    /// <param name="json">The object.</param>
    /// <param name="layers">The layers.</param>
    public DecoderPlan ToPlan(JsonSection json, IEnumerable<LayerPlan> layers) => new()
    {
        VocabSize = VocabSize,
        HiddenSize = HiddenSize,
        ContextLength = ContextLength,
        EmbeddingScale = Math.Sqrt(HiddenSize),
        NormEpsilon = json.Number("rms_norm_eps", 1e-6, 0, 1),
        TiesEmbedding = json.Flag("tie_word_embeddings", true),
        Layers = [.. layers],
    };
}
