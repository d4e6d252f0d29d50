using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using Gemma.IO;

namespace Gemma.Runtime.Models;

/// <summary>A linear layer's weights on disk: a safetensors file with "score.weight" (or another name) and perhaps "score.bias", both float32.</summary>
internal static class ScoreFile
{
    public const string Weight = Score + WeightSuffix;
    public const string Bias = Score + BiasSuffix;
    private const string Score = "score";
    private const string WeightSuffix = ".weight";
    private const string BiasSuffix = ".bias";

    /// <summary>Writes the file.</summary>
    public static void Write(string path, int labels, int hiddenSize, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, string name = Score)
    {
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            var offset = 0L;
            WriteEntry(json, name + WeightSuffix, [labels, hiddenSize], weight.Length, ref offset);
            if (!bias.IsEmpty) WriteEntry(json, name + BiasSuffix, [labels], bias.Length, ref offset);
            json.WriteEndObject();
        }

        // The data begins at a multiple of eight bytes, as the format recommends.
        while (header.Length % 8 != 0) header.WriteByte((byte)' ');
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        using var file = File.Create(path);
        file.Write(prefix);
        header.WriteTo(file);
        file.Write(MemoryMarshal.AsBytes(weight));
        file.Write(MemoryMarshal.AsBytes(bias));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="InvalidModelException">The file is missing, malformed, of other sizes, or holds NaN or infinite numbers.</exception>
    /// <param name="path">The file.</param>
    /// <param name="labels">Rows of the weights.</param>
    /// <param name="hiddenSize">Columns of the weights.</param>
    /// <param name="mismatch">What it means that the sizes are others.</param>
    /// <param name="name">What stands before ".weight".</param>
    public static (float[] Weight, float[]? Bias) Read(string path, int labels, int hiddenSize, string mismatch, string name = Score)
    {
        if (!File.Exists(path)) throw new InvalidModelException(path, null, "the layer's weights are missing; convert the checkpoint again");
        using var file = RegularFile.OpenRead(path);
        var header = SafetensorsHeader.Read(path, file.Length, (offset, destination) => ReadExactly(file, offset, destination), "convert the checkpoint again");
        var weight = ReadTensor(file, path, header, mismatch, name + WeightSuffix, labels, hiddenSize)
            ?? throw new InvalidModelException(path, name + WeightSuffix, "the tensor is missing; convert the checkpoint again");
        return (weight, ReadTensor(file, path, header, mismatch, name + BiasSuffix, labels));
    }

    private static void WriteEntry(Utf8JsonWriter json, string name, ReadOnlySpan<int> shape, int count, ref long offset)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", "F32");
        json.WriteStartArray("shape");
        foreach (var dimension in shape) json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset += count * (long)sizeof(float));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static float[]? ReadTensor(FileStream file, string path, SafetensorsHeader header, string mismatch, string name,
        params ReadOnlySpan<long> shape)
    {
        if (header.Tensors.FirstOrDefault(tensor => tensor.Name == name) is not { } tensor) return null;
        if (tensor.Type != "F32") throw new InvalidModelException(path, name, $"the type is {tensor.Type}, but F32 is expected");
        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
        {
            throw new InvalidModelException(path, name,
                $"the shape is [{string.Join(", ", tensor.Shape)}], but [{string.Join(", ", shape.ToArray())}] is expected: {mismatch}");
        }

        var numbers = new float[tensor.Length / sizeof(float)];
        ReadExactly(file, tensor.Start, MemoryMarshal.AsBytes(numbers.AsSpan()));
        return TensorPrimitives.IsFiniteAll<float>(numbers)
            ? numbers
            : throw new InvalidModelException(path, name, "a weight is NaN or infinite; the file is damaged or its training diverged");
    }

    private static void ReadExactly(FileStream file, long offset, Span<byte> destination)
    {
        file.Position = offset;
        file.ReadExactly(destination);
    }
}
