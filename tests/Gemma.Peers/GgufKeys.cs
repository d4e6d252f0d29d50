using System.Globalization;
using Gemma.Runtime.Models;

namespace Gemma.Peers;

/// <summary>
/// A file's metadata: the model's shape, and a vocabulary with the right number of pieces, whose texts are made up because only ids are computed.
/// </summary>
internal static class GgufKeys
{
    public static List<(string Key, object Value)> Of(GemmaConfig config, GgufEncoding encoding)
    {
        var plan = config.Plan;
        var attention = plan.Layers[0].Attention;
        var architecture = Architecture(config);
        List<(string, object)> keys =
        [
            ("general.architecture", architecture),
            ("general.file_type", encoding.FileType),
            ("general.alignment", (uint)GgufWriter.Alignment),
        ];
        void Add(string name, object value) => keys.Add(($"{architecture}.{name}", value));
        Add("context_length", (uint)plan.ContextLength);
        Add("embedding_length", (uint)plan.HiddenSize);
        Add("block_count", (uint)plan.Layers.Count);
        Add("feed_forward_length", (uint)plan.Layers[0].FeedForward.Width);
        Add("attention.head_count", (uint)attention.QueryHeads);
        Add("attention.head_count_kv", (uint)attention.KeyValueHeads);
        Add("attention.key_length", (uint)attention.HeadSize);
        Add("attention.value_length", (uint)attention.HeadSize);
        Add("attention.layer_norm_rms_epsilon", (float)plan.NormEpsilon);
        if (attention.Window is { } window) Add("attention.sliding_window", (uint)(plan.IsCausal ? window : (window - 1) * 2));
        var global = plan.Layers.First(layer => layer.Attention.Window is null).Attention;
        if (global.Rotary.Theta != 10000) Add("rope.freq_base", (float)global.Rotary.Theta);
        if (global.Rotary.Factor != 1)
        {
            Add("rope.scaling.type", "linear");
            Add("rope.scaling.factor", (float)global.Rotary.Factor);
        }

        if (attention.SoftCap is { } cap) Add("attn_logit_softcapping", (float)cap);
        if (plan.LogitSoftCap is { } logitCap) Add("final_logit_softcapping", (float)logitCap);
        if (!plan.IsCausal) Add("pooling_type", 1u);
        keys.AddRange(Vocabulary(plan.VocabSize));
        return keys;
    }

    private static string Architecture(GemmaConfig config) => config.ModelType switch
    {
        "gemma3_text" => config.Plan.IsCausal ? "gemma3" : "gemma-embedding",
        "gemma" or "gemma2" => config.ModelType,
        var other => throw new NotSupportedException($"Files for llama.cpp are written of Gemma 1 to 3 only, not of {other}."),
    };

    private static (string, object)[] Vocabulary(int size) =>
    [
        ("tokenizer.ggml.model", "llama"),
        ("tokenizer.ggml.tokens", Enumerable.Range(0, size).Select(Piece).ToArray()),
        ("tokenizer.ggml.scores", Enumerable.Range(0, size).Select(static id => -(float)id).ToArray()),
        ("tokenizer.ggml.token_type", Enumerable.Range(0, size).Select(static id => id < 3 ? 3 : id == 3 ? 2 : id < 260 ? 6 : 1).ToArray()),
        ("tokenizer.ggml.bos_token_id", 2u),
        ("tokenizer.ggml.eos_token_id", 1u),
        ("tokenizer.ggml.unknown_token_id", 3u),
        ("tokenizer.ggml.padding_token_id", 0u),
    ];

    private static string Piece(int id) => id switch
    {
        0 => "<pad>",
        1 => "<eos>",
        2 => "<bos>",
        3 => "<unk>",
        < 260 => string.Create(CultureInfo.InvariantCulture, $"<0x{id - 4:X2}>"),
        260 => "▁",
        _ => string.Create(CultureInfo.InvariantCulture, $"t{id}"),
    };
}
