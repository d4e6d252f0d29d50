using System.Buffers.Binary;
using System.Text.Json;
using Gemma.Runtime.Models;
using Microsoft.Win32.SafeHandles;

namespace Gemma.Conversion.Checkpoints;

/// <summary>One safetensors file: the header is checked completely before anything is sized by it. Source: the safetensors format description.</summary>
internal sealed class SafetensorsFile : IDisposable
{
    private const int MaxHeaderBytes = 100_000_000;
    private const int MaxRank = 16;

    private readonly SafeFileHandle _handle;
    private readonly long _dataStart;

    private SafetensorsFile(SafeFileHandle handle, long dataStart)
    {
        _handle = handle;
        _dataStart = dataStart;
    }

    /// <summary>The tensors, with where each begins after the header.</summary>
    public Dictionary<string, (TensorInfo Info, long Offset)> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>The header's free text, such as "format": "pt".</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public static SafetensorsFile Open(string path)
    {
        if (!File.Exists(path)) throw new InvalidModelException(path, null, "the file is missing");
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess);
        try
        {
            var length = RandomAccess.GetLength(handle);
            var prefix = new byte[8];
            if (RandomAccess.Read(handle, prefix, 0) != prefix.Length) throw new InvalidModelException(path, null, "the file is too short for a safetensors header; download it again");
            var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerLength > MaxHeaderBytes || (long)headerLength > length - 8) throw new InvalidModelException(path, null, $"the header's length, {headerLength}, does not fit the file of {length} bytes; this is not a safetensors file or it was cut off");
            var header = new byte[headerLength];
            if (RandomAccess.Read(handle, header, 8) != header.Length) throw new InvalidModelException(path, null, "the header was cut off; download the file again");
            var file = new SafetensorsFile(handle, 8 + (long)headerLength);
            file.ReadHeader(path, header, length - file._dataStart);
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Copies bytes of a tensor.</summary>
    /// <param name="offset">From the end of the header.</param>
    /// <param name="destination">Receives the bytes.</param>
    public void Read(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = RandomAccess.Read(_handle, destination, _dataStart + offset);
            if (count == 0) throw new EndOfStreamException("A weight file became shorter while it was read.");
            offset += count;
            destination = destination[count..];
        }
    }

    public void Dispose() => _handle.Dispose();

    private static TensorDataType DataType(string path, string name, string? text) => text switch
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
        _ => throw new InvalidModelException(path, name, $"the type '{text}' is not supported"),
    };

    private void ReadHeader(string path, byte[] header, long dataLength)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new InvalidModelException(path, null, "the header is not valid JSON or names a tensor twice; download the file again", e);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new InvalidModelException(path, null, "the header is not a JSON object");
            List<(long Start, long End, string Name)> ranges = [];
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.NameEquals("__metadata__")) ReadMetadata(path, property.Value);
                else ranges.Add(ReadTensor(path, property.Name, property.Value, dataLength));
            }

            CheckRanges(path, ranges, dataLength);
        }
    }

    private void ReadMetadata(string path, JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object) throw new InvalidModelException(path, "__metadata__", "an object of strings is expected");
        foreach (var entry in metadata.EnumerateObject()) Metadata[entry.Name] = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : throw new InvalidModelException(path, "__metadata__", "an object of strings is expected");
    }

    private (long Start, long End, string Name) ReadTensor(string path, string name, JsonElement value, long dataLength)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array || shape.GetArrayLength() > MaxRank
            || !value.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2) throw new InvalidModelException(path, name, "dtype, shape and data_offsets are expected");
        var type = DataType(path, name, dtype.GetString());
        var dimensions = shape.EnumerateArray().Select(dimension => Number(path, name, dimension)).ToArray();
        var start = Number(path, name, offsets[0]);
        var end = Number(path, name, offsets[1]);
        if (start > end || end > dataLength) throw new InvalidModelException(path, name, $"the data is at {start} to {end}, outside the file's {dataLength} bytes; the file was cut off, download it again");

        // With every dimension below the data's length, the product in 128 bits cannot wrap unnoticed.
        UInt128 bytes = (UInt128)ElementSize.Of(type);
        foreach (var dimension in dimensions) bytes = bytes > (UInt128)long.MaxValue ? bytes : bytes * (UInt128)dimension;
        if (bytes != (UInt128)(end - start)) throw new InvalidModelException(path, name, $"the shape [{string.Join(", ", dimensions)}] does not fit its {end - start} bytes");
        Tensors.Add(name, (new TensorInfo(name, type, dimensions), start));
        return (start, end, name);
    }

    private static long Number(string path, string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 ? number : throw new InvalidModelException(path, name, $"{value.GetRawText()} is not a size");

    private static void CheckRanges(string path, List<(long Start, long End, string Name)> ranges, long dataLength)
    {
        ranges.Sort();
        var position = 0L;
        foreach (var (start, end, name) in ranges)
        {
            if (start != position) throw new InvalidModelException(path, name, start < position ? "the data overlaps another tensor's" : "there is a hole before the data");
            position = end;
        }

        if (position != dataLength) throw new InvalidModelException(path, null, $"{dataLength - position} bytes at the end belong to no tensor");
    }
}
