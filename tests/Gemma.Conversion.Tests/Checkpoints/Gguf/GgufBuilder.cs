using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>Writes GGUF files: tensors of float32 and Q8_0, or of any type's bytes.</summary>
internal sealed class GgufBuilder
{
    private const int Alignment = 32;
    private const int BlockSize = 32;
    private const uint Float32 = 0;
    private const uint Blocks = 8;

    private readonly List<(string Key, object Value)> _metadata = [];
    private readonly List<(string Name, long[] Shape, uint Type, byte[] Data)> _tensors = [];

    /// <summary>Sets a key, or takes it away.</summary>
    public GgufBuilder Set(string key, object? value)
    {
        _metadata.RemoveAll(pair => pair.Key == key);
        if (value is not null) _metadata.Add((key, value));
        return this;
    }

    /// <summary>Takes a tensor away.</summary>
    public GgufBuilder Remove(string name)
    {
        _tensors.RemoveAll(tensor => tensor.Name == name);
        return this;
    }

    /// <summary>Adds a tensor of a type, by the format's number and as its bytes, instead of the one of this name.</summary>
    public GgufBuilder AddBytes(string name, uint type, byte[] data, params long[] shape)
    {
        Remove(name)._tensors.Add((name, shape, type, data));
        return this;
    }

    /// <summary>Adds a tensor, outermost dimension first; Q8_0 where asked for and where its rows are whole blocks.</summary>
    public GgufBuilder Add(string name, ReadOnlySpan<float> values, IReadOnlyList<long> shape, bool inBlocks = false)
    {
        var isBlocks = inBlocks && shape.Count > 1 && shape[^1] % BlockSize == 0;
        return AddBytes(name, isBlocks ? Blocks : Float32, isBlocks ? Pack(values) : [.. MemoryMarshal.AsBytes(values)], [.. shape]);
    }

    public void Write(string path)
    {
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_metadata.Count);
        foreach (var (key, value) in _metadata)
        {
            Write(writer, key);
            WriteValue(writer, value);
        }

        var offset = 0L;
        foreach (var (name, shape, type, data) in _tensors)
        {
            Write(writer, name);
            writer.Write((uint)shape.Length);
            foreach (var size in shape.Reverse()) writer.Write((ulong)size);
            writer.Write(type);
            writer.Write((ulong)offset);
            offset += Aligned(data.Length);
        }

        foreach (var data in _tensors.Select(tensor => tensor.Data).Prepend([]))
        {
            writer.Write(data);
            writer.Write(new byte[Aligned(writer.BaseStream.Position) - writer.BaseStream.Position]);
        }
    }

    private static long Aligned(long position) => (position + Alignment - 1) / Alignment * Alignment;

    private static byte[] Pack(ReadOnlySpan<float> values)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        for (; !values.IsEmpty; values = values[BlockSize..])
        {
            var scale = (Half)(MathF.Abs(TensorPrimitives.MaxMagnitude(values[..BlockSize])) / 127);
            writer.Write(scale);
            foreach (var value in values[..BlockSize])
                writer.Write((sbyte)(scale == Half.Zero ? 0 : Math.Clamp(MathF.Round(value / (float)scale), -127, 127)));
        }

        return stream.ToArray();
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case int number:
                writer.Write(4u);
                writer.Write(number);
                break;
            case ulong number:
                writer.Write(10u);
                writer.Write(number);
                break;
            case float number:
                writer.Write(6u);
                writer.Write(number);
                break;
            case string text:
                writer.Write(8u);
                Write(writer, text);
                break;
            case float[] numbers:
                writer.Write(9u);
                writer.Write(6u);
                writer.Write((ulong)numbers.Length);
                foreach (var number in numbers) writer.Write(number);
                break;
            case int[] numbers:
                writer.Write(9u);
                writer.Write(4u);
                writer.Write((ulong)numbers.Length);
                foreach (var number in numbers) writer.Write(number);
                break;
            case string[] texts:
                writer.Write(9u);
                writer.Write(8u);
                writer.Write((ulong)texts.Length);
                foreach (var text in texts) Write(writer, text);
                break;
            case bool[] flags:
                writer.Write(9u);
                writer.Write(7u);
                writer.Write((ulong)flags.Length);
                foreach (var flag in flags) writer.Write(flag);
                break;
            default:
                throw new ArgumentException($"{value.GetType()} is not written.", nameof(value));
        }
    }

    private static void Write(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
