using System.Text;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Peers;

/// <summary>Writes weights as a GGUF file, version 3: matrices in blocks, norms in float with one added, as llama.cpp wants them.</summary>
internal static class GgufWriter
{
    /// <summary>Tensors begin at multiples of it.</summary>
    public const int Alignment = 32;

    private const string Prefix = "model.";
    private const uint Float32 = 0;

    public static void Write(CheckpointReader reader, GemmaConfig config, GgufEncoding encoding, string path)
    {
        var tensors = Plan(config, encoding).ToArray();
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Length);
        var keys = GgufKeys.Of(config, encoding);
        writer.Write((ulong)keys.Count);
        foreach (var (key, value) in keys)
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
            writer.Write(tensor.Encoding?.Type ?? Float32);
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

    private static IEnumerable<GgufTensor> Plan(GemmaConfig config, GgufEncoding encoding)
    {
        var plan = config.Plan;
        foreach (var tensor in plan.Tensors())
            yield return new GgufTensor(Prefix + tensor.Name, GgufNames.Of(tensor.Name, plan), tensor.Shape, tensor.Shape.Count > 1 ? encoding : null);
        if (!plan.TiesEmbedding)
            yield return new GgufTensor(plan.LmHead.Name, GgufNames.Of(plan.LmHead.Name, plan), plan.LmHead.Shape, encoding);
    }

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
        if (tensor.Encoding is { } encoding && width % encoding.Elements != 0)
            throw new NotSupportedException($"{tensor.Source} has rows of {width}, which {encoding.Name} cannot cut into blocks of {encoding.Elements}.");
        var (row, blocks) = (new float[width], new byte[tensor.Encoding?.BytesOf(width) ?? 0]);
        for (long start = 0; start < tensor.Elements; start += width)
        {
            reader.Read(tensor.Source, start, row);
            if (tensor.Encoding is { } blocked)
            {
                blocked.Write(row, blocks);
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

    private sealed record GgufTensor(string Source, string Target, IReadOnlyList<long> Shape, GgufEncoding? Encoding)
    {
        public long Elements => Shape.Aggregate(1L, static (product, size) => product * size);

        public long Bytes => Encoding?.BytesOf(Elements) ?? Elements * sizeof(float);
    }
}
