using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using Gemma.IO;
using Gemma.Json;

namespace Gemma.Runtime.Models;

/// <summary>A linear layer's weights on disk: a safetensors file with "score.weight" (or another name) and perhaps "score.bias", both float32.</summary>
internal static class ScoreFile
{
    public const string Weight = Score + WeightSuffix;
    public const string Bias = Score + BiasSuffix;
    private const string Score = "score";
    private const string WeightSuffix = ".weight";
    private const string BiasSuffix = ".bias";
    private const int MaxHeaderBytes = 1 << 16;

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
    public static (float[] Weight, float[]? Bias) Read(string path, int labels, int hiddenSize, string name = Score)
    {
        if (!File.Exists(path)) throw new InvalidModelException(path, null, "the head's weights are missing; convert the checkpoint again");
        using var file = RegularFile.OpenRead(path);
        Span<byte> prefix = stackalloc byte[8];
        if (file.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length) throw Damaged(path);
        var headerLength = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (headerLength is < 2 or > MaxHeaderBytes || headerLength > file.Length - prefix.Length) throw Damaged(path);
        var header = new byte[headerLength];
        file.ReadExactly(header);
        using var document = Parse(path, header);
        var root = JsonSection.Root(path, document);
        var weight = ReadTensor(file, path, root, name + WeightSuffix, [labels, hiddenSize], 8 + headerLength)
            ?? throw new InvalidModelException(path, name + WeightSuffix, "the tensor is missing; convert the checkpoint again");
        return (weight, ReadTensor(file, path, root, name + BiasSuffix, [labels], 8 + headerLength));
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

    private static JsonDocument Parse(string path, byte[] header)
    {
        try
        {
            return WellFormedJson.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new InvalidModelException(path, null, "the header is not valid JSON; convert the checkpoint again", e);
        }
    }

    private static float[]? ReadTensor(FileStream file, string path, JsonSection root, string name, ReadOnlySpan<int> shape, long dataStart)
    {
        if (root.Section(name) is not { } tensor) return null;
        if (tensor.Text("dtype") != "F32") throw tensor.Error("dtype", "F32 is expected");
        if (!tensor.Integers("shape").SequenceEqual(shape.ToArray().Select(dimension => (long)dimension)))
            throw tensor.Error("shape", $"[{string.Join(", ", shape.ToArray())}] is expected: the labels in head.json do not match the head's rows");
        var count = 1L;
        foreach (var dimension in shape) count *= dimension;
        if (tensor.Integers("data_offsets") is not [var start, var end] || start < 0 || end - start != count * sizeof(float) || end > file.Length - dataStart)
            throw tensor.Error("data_offsets", "the range does not fit the shape and the file; convert the checkpoint again");
        var numbers = new float[count];
        file.Position = dataStart + start;
        file.ReadExactly(MemoryMarshal.AsBytes(numbers.AsSpan()));
        return TensorPrimitives.IsFiniteAll<float>(numbers)
            ? numbers
            : throw new InvalidModelException(path, name, "a weight is NaN or infinite; the head is damaged or its training diverged");
    }

    private static InvalidModelException Damaged(string path) =>
        new(path, null, "this is not a safetensors file or it was cut off; convert the checkpoint again");
}
