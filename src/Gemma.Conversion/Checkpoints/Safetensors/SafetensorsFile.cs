using System.Buffers.Binary;
using System.Text.Json;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Json;

namespace Gemma.Conversion.Checkpoints.Safetensors;

/// <summary>Opens a safetensors file: the header is checked completely before anything is sized by it. Source: the safetensors format description.</summary>
internal static class SafetensorsFile
{
    private const int MaxHeaderBytes = 100_000_000;
    private const int MaxRank = 16;
    private const int PrefixBytes = sizeof(ulong);

    /// <exception cref="InvalidModelException">The file is missing, malformed or cut off.</exception>
    public static TensorArchive Open(string path)
    {
        var file = CheckpointFile.Open(path);
        try
        {
            var archive = new TensorArchive();
            Read(file, archive);
            archive.Files.Add(file);
            return archive;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void Read(CheckpointFile file, TensorArchive archive)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        if (file.Length < prefix.Length) throw file.Error(null, "the file is too short for a safetensors header; download it again");
        file.Read(0, prefix);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > MaxHeaderBytes || (long)headerLength > file.Length - prefix.Length)
        {
            throw file.Error(null,
                $"the header's length, {headerLength}, does not fit the file of {file.Length} bytes; this is not a safetensors file or it was cut off");
        }
        var header = new byte[headerLength];
        file.Read(prefix.Length, header);
        using var document = Parse(file, header);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw file.Error(null, "the header is not a JSON object");
        var dataStart = prefix.Length + header.Length;
        List<(long Start, long End, string Name)> ranges = [];
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.NameEquals("__metadata__")) ReadMetadata(file, archive, property.Value);
            else ranges.Add(ReadTensor(file, archive, property.Name, property.Value, dataStart));
        }

        CheckRanges(file, ranges, file.Length - dataStart);
    }

    private static JsonDocument Parse(CheckpointFile file, byte[] header)
    {
        try
        {
            return WellFormedJson.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw file.Error(null, "the header is not valid JSON or names a tensor twice; download the file again", e);
        }
    }

    private static TensorDataType? DataType(string? text) => text switch
    {
        "F32" => TensorDataType.Float32,
        "F16" => TensorDataType.Float16,
        "BF16" => TensorDataType.BFloat16,
        "F64" => TensorDataType.Float64,
        "I8" => TensorDataType.Int8,
        "U8" => TensorDataType.UInt8,
        "I16" => TensorDataType.Int16,
        "I32" => TensorDataType.Int32,
        "I64" => TensorDataType.Int64,
        "BOOL" => TensorDataType.Bool,
        "C64" => TensorDataType.Complex64,
        _ => null,
    };

    private static void ReadMetadata(CheckpointFile file, TensorArchive archive, JsonElement metadata)
    {
        const string Key = "__metadata__";
        if (metadata.ValueKind != JsonValueKind.Object) throw file.Error(Key, "an object of strings is expected");
        foreach (var entry in metadata.EnumerateObject())
        {
            archive.Metadata[entry.Name] = entry.Value.ValueKind == JsonValueKind.String
                ? entry.Value.GetString()!
                : throw file.Error(Key, "an object of strings is expected");
        }
    }

    private static (long Start, long End, string Name) ReadTensor(CheckpointFile file, TensorArchive archive, string name, JsonElement value, long dataStart)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array || shape.GetArrayLength() > MaxRank
            || !value.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
            throw file.Error(name, "dtype, shape and data_offsets are expected");
        var type = DataType(dtype.GetString()) ?? throw file.Error(name, $"the type '{dtype.GetString()}' is not supported");
        var dimensions = shape.EnumerateArray().Select(dimension => Number(file, name, dimension)).ToArray();
        var start = Number(file, name, offsets[0]);
        var end = Number(file, name, offsets[1]);
        if (start > end || end > file.Length - dataStart)
        {
            throw file.Error(name,
                $"the data is at {start} to {end}, outside the file's {file.Length - dataStart} bytes; the file was cut off, download it again");
        }

        // With every dimension below the data's length, the product in 128 bits cannot wrap unnoticed.
        UInt128 bytes = (UInt128)ElementSize.Of(type);
        foreach (var dimension in dimensions) bytes = bytes > (UInt128)long.MaxValue ? bytes : bytes * (UInt128)dimension;
        if (bytes != (UInt128)(end - start)) throw file.Error(name, $"the shape [{string.Join(", ", dimensions)}] does not fit its {end - start} bytes");
        archive.Tensors.Add(name, StridedTensor.Contiguous(new FileRegion(file, dataStart + start, end - start), type, dimensions));
        return (start, end, name);
    }

    private static long Number(CheckpointFile file, string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0
            ? number
            : throw file.Error(name, $"{value.GetRawText()} is not a size");

    private static void CheckRanges(CheckpointFile file, List<(long Start, long End, string Name)> ranges, long dataLength)
    {
        ranges.Sort();
        var position = 0L;
        foreach (var (start, end, name) in ranges)
        {
            if (start != position) throw file.Error(name, start < position ? "the data overlaps another tensor's" : "there is a hole before the data");
            position = end;
        }

        if (position != dataLength) throw file.Error(null, $"{dataLength - position} bytes at the end belong to no tensor");
    }
}
