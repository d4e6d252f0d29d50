using System.Globalization;
using System.Text;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Peers;

/// <summary>
/// Writes Gemma 1 weights as a GGUF file, version 3: matrices in Q4_0, norms in float with one added, as llama.cpp wants them. Its vocabulary has the right
/// number of pieces with made-up texts, because only ids are computed.
/// </summary>
internal static class GgufWriter
{
    private const int Alignment = 32;
    private const uint Float32 = 0;
    private const uint Q4 = 2;

    public static void Write(CheckpointReader reader, string path, int headSize, int context)
    {
        var tensors = Plan(reader).ToArray();
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Length);
        var metadata = Metadata(reader, headSize, context);
        writer.Write((ulong)metadata.Count);
        foreach (var (key, value) in metadata)
        {
            WriteText(writer, key);
            WriteValue(writer, value);
        }

        var offset = 0L;
        foreach (var tensor in tensors)
        {
            WriteText(writer, tensor.Target);
            writer.Write((uint)tensor.Shape.Count);
            foreach (var size in tensor.Shape.Reverse()) writer.Write((ulong)size);
            writer.Write(tensor.Type);
            writer.Write((ulong)offset);
            offset += Aligned(tensor.Bytes);
        }

        Pad(writer);
        foreach (var tensor in tensors)
        {
            WriteTensor(writer, reader, tensor);
            Pad(writer);
        }
    }

    private static readonly (string Name, string Target)[] s_matrices =
    [
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];

    private static IEnumerable<GgufTensor> Plan(CheckpointReader reader)
    {
        yield return Matrix("model.embed_tokens.weight", "token_embd.weight");
        yield return Norm("model.norm.weight", "output_norm.weight");
        if (reader.Tensors.ContainsKey("lm_head.weight")) yield return Matrix("lm_head.weight", "output.weight");
        for (var layer = 0; layer < Layers(reader); layer++)
        {
            var (from, to) = (string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}."),
                string.Create(CultureInfo.InvariantCulture, $"blk.{layer}."));
            yield return Norm(from + "input_layernorm.weight", to + "attn_norm.weight");
            yield return Norm(from + "post_attention_layernorm.weight", to + "ffn_norm.weight");
            foreach (var (name, target) in s_matrices) yield return Matrix($"{from}{name}.weight", $"{to}{target}.weight");
        }

        GgufTensor Matrix(string name, string target) => new(name, target, reader.Tensors[name].Shape, Q4);

        GgufTensor Norm(string name, string target) => new(name, target, reader.Tensors[name].Shape, Float32);
    }

    private static int Layers(CheckpointReader reader) =>
        reader.Tensors.Keys.Count(static name => name.EndsWith(".input_layernorm.weight", StringComparison.Ordinal));

    private static List<(string Key, object Value)> Metadata(CheckpointReader reader, int headSize, int context)
    {
        var (vocabulary, hidden) = (Size("model.embed_tokens.weight", 0), Size("model.embed_tokens.weight", 1));
        return
        [
            ("general.architecture", "gemma"),
            ("gemma.context_length", (uint)context),
            ("gemma.embedding_length", (uint)hidden),
            ("gemma.block_count", (uint)Layers(reader)),
            ("gemma.feed_forward_length", (uint)Size("model.layers.0.mlp.gate_proj.weight", 0)),
            ("gemma.attention.head_count", (uint)(Size("model.layers.0.self_attn.q_proj.weight", 0) / headSize)),
            ("gemma.attention.head_count_kv", (uint)(Size("model.layers.0.self_attn.k_proj.weight", 0) / headSize)),
            ("gemma.attention.key_length", (uint)headSize),
            ("gemma.attention.value_length", (uint)headSize),
            ("gemma.attention.layer_norm_rms_epsilon", 1e-6f),
            ("general.file_type", Q4),
            ("general.alignment", (uint)Alignment),
            ("tokenizer.ggml.model", "llama"),
            ("tokenizer.ggml.tokens", Enumerable.Range(0, vocabulary).Select(Piece).ToArray()),
            ("tokenizer.ggml.scores", Enumerable.Range(0, vocabulary).Select(static id => -(float)id).ToArray()),
            ("tokenizer.ggml.token_type", Enumerable.Range(0, vocabulary).Select(static id => id < 3 ? 3 : id == 3 ? 2 : id < 260 ? 6 : 1).ToArray()),
            ("tokenizer.ggml.bos_token_id", 2u),
            ("tokenizer.ggml.eos_token_id", 1u),
            ("tokenizer.ggml.unknown_token_id", 3u),
            ("tokenizer.ggml.padding_token_id", 0u),
        ];

        int Size(string name, int dimension) => (int)reader.Tensors[name].Shape[dimension];
    }

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

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case uint number:
                writer.Write(4u);
                writer.Write(number);
                break;
            case float number:
                writer.Write(6u);
                writer.Write(number);
                break;
            case string text:
                writer.Write(8u);
                WriteText(writer, text);
                break;
            case string[] texts:
                WriteArray(writer, 8, texts, WriteText);
                break;
            case float[] numbers:
                WriteArray(writer, 6, numbers, static (to, number) => to.Write(number));
                break;
            case int[] numbers:
                WriteArray(writer, 5, numbers, static (to, number) => to.Write(number));
                break;
            default:
                throw new ArgumentException($"GGUF has no type for {value.GetType()}.", nameof(value));
        }
    }

    private static void WriteArray<T>(BinaryWriter writer, uint type, T[] values, Action<BinaryWriter, T> write)
    {
        writer.Write(9u);
        writer.Write(type);
        writer.Write((ulong)values.Length);
        foreach (var value in values) write(writer, value);
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void WriteTensor(BinaryWriter writer, CheckpointReader reader, GgufTensor tensor)
    {
        var width = (int)tensor.Shape[^1];
        if (tensor.Type == Q4 && width % Q4Blocks.Size != 0)
            throw new NotSupportedException($"{tensor.Source} has rows of {width}, which Q4_0 cannot cut into blocks of {Q4Blocks.Size}.");
        var (row, blocks) = (new float[width], new byte[width / Q4Blocks.Size * Q4Blocks.Bytes]);
        for (long start = 0; start < tensor.Elements; start += width)
        {
            reader.Read(tensor.Source, start, row);
            if (tensor.Type == Q4)
            {
                Q4Blocks.Write(row, blocks);
                writer.Write(blocks);
                continue;
            }

            foreach (var value in row) writer.Write(value + 1);
        }
    }

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer)
    {
        writer.Flush();
        while (writer.BaseStream.Position % Alignment != 0) writer.Write((byte)0);
        writer.Flush();
    }

    private sealed record GgufTensor(string Source, string Target, IReadOnlyList<long> Shape, uint Type)
    {
        public long Elements => Shape.Aggregate(1L, static (product, size) => product * size);

        public long Bytes => Type == Q4 ? Elements / Q4Blocks.Size * Q4Blocks.Bytes : Elements * sizeof(float);
    }
}
