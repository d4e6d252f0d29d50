using Gemma.Conversion.Checkpoints.Gguf;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>A model of two layers with random weights as a GGUF file, for tests that change a key or a tensor of it.</summary>
internal static class SmallGguf
{
    public const int Layers = 2;
    public const int Hidden = 32;
    public const int Rows = 512;
    public const int Width = 64;

    private const int Heads = 2;
    private const int HeadSize = 16;

    /// <summary>A file of an architecture, without a tokenizer.</summary>
    /// <param name="architecture">gemma, gemma2, gemma3 or gemma-embedding.</param>
    /// <param name="rows">Rows of the embedding.</param>
    public static GgufBuilder Create(string architecture = "gemma", int rows = Rows)
    {
        var builder = new GgufBuilder().Set("general.architecture", architecture);
        foreach (var (key, value) in ((string, object)[])[("block_count", Layers), ("context_length", 64), ("embedding_length", Hidden),
            ("feed_forward_length", Width), ("attention.head_count", Heads), ("attention.head_count_kv", 1), ("attention.key_length", HeadSize),
            ("attention.layer_norm_rms_epsilon", 1e-6f)]) builder.Set($"{architecture}.{key}", value);
        var random = new Random(5);
        Add("token_embd", rows, Hidden);
        Add("output_norm", Hidden);
        for (var layer = 0; layer < Layers; layer++)
        {
            foreach (var name in (string[])["attn_norm", "ffn_norm", .. architecture == "gemma" ? [] : (string[])["post_attention_norm", "post_ffw_norm"]])
                Add($"blk.{layer}.{name}", Hidden);
            foreach (var name in architecture is "gemma" or "gemma2" ? [] : (string[])["attn_q_norm", "attn_k_norm"]) Add($"blk.{layer}.{name}", HeadSize);
            Add($"blk.{layer}.attn_q", Heads * HeadSize, Hidden);
            Add($"blk.{layer}.attn_k", HeadSize, Hidden);
            Add($"blk.{layer}.attn_v", HeadSize, Hidden);
            Add($"blk.{layer}.attn_output", Hidden, Heads * HeadSize);
            Add($"blk.{layer}.ffn_gate", Width, Hidden);
            Add($"blk.{layer}.ffn_up", Width, Hidden);
            Add($"blk.{layer}.ffn_down", Hidden, Width);
        }

        return builder;

        void Add(string name, params long[] shape) =>
            builder.Add(name + ".weight", [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => random.NextSingle() - 0.5f)], shape);
    }

    /// <summary>Gives a file the small vocabulary of 512 tokens, and names for further rows.</summary>
    public static GgufBuilder AddTokenizer(this GgufBuilder builder, int rows = Rows)
    {
        using var file = GgufFile.Open(Path.Combine(GgufGoldens.Root, "tokenizers", "tiny.gguf"));
        var vocabulary = GgufTokenizer.ReadVocabulary(file.Metadata)!;
        var padding = Enumerable.Range(vocabulary.Tokens.Count, rows - vocabulary.Tokens.Count).ToArray();
        var tokens = vocabulary.Tokens.Select(token => System.Text.Encoding.UTF8.GetString(token));
        return builder
            .Set("tokenizer.ggml.model", "llama")
            .Set("tokenizer.ggml.tokens", (string[])[.. tokens, .. padding.Select(id => $"[PAD{id}]")])
            .Set("tokenizer.ggml.scores", (float[])[.. vocabulary.Scores!, .. padding.Select(_ => -1000f)])
            .Set("tokenizer.ggml.token_type", (int[])[.. vocabulary.Types!, .. padding.Select(_ => 5)])
            .Set("tokenizer.ggml.bos_token_id", vocabulary.BosTokenId)
            .Set("tokenizer.ggml.eos_token_id", vocabulary.EosTokenId)
            .Set("tokenizer.ggml.unknown_token_id", vocabulary.UnknownTokenId)
            .Set("tokenizer.ggml.padding_token_id", vocabulary.PadTokenId);
    }
}
