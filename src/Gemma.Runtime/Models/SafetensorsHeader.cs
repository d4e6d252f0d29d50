using System.Buffers.Binary;
using System.Text.Json;
using Gemma.Json;

namespace Gemma.Runtime.Models;

/// <summary>
/// The header of a safetensors file, checked completely before anything is sized by it: of checkpoints, and of the layers that packages keep beside their
/// graph. Source: the safetensors format description.
/// </summary>
internal sealed class SafetensorsHeader
{
    private const string MetadataKey = "__metadata__";
    private const int MaxBytes = 100_000_000;
    private const int MaxRank = 16;
    private const int PrefixBytes = sizeof(ulong);

    private readonly string _path;
    private readonly string _remedy;
    private readonly List<SafetensorsTensor> _tensors = [];
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string path, string remedy)
    {
        _path = path;
        _remedy = remedy;
    }

    /// <summary>Reads bytes of the file at an offset.</summary>
    public delegate void ReadBytes(long offset, Span<byte> destination);

    /// <summary>The tensors, in the header's order.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors => _tensors;

    /// <summary>Free text.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads and checks a header.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="length">The file's bytes.</param>
    /// <param name="read">Reads from it.</param>
    /// <param name="remedy">What helps against a damaged file, for messages.</param>
    /// <exception cref="InvalidModelException">The header is malformed, or the file does not hold what it says.</exception>
    public static SafetensorsHeader Read(string path, long length, ReadBytes read, string remedy)
    {
        var header = new SafetensorsHeader(path, remedy);
        header.Read(length, read);
        return header;
    }

    private void Read(long length, ReadBytes read)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        if (length < PrefixBytes) throw Error(null, $"the file is too short for a safetensors header; {_remedy}");
        read(0, prefix);
        var bytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (bytes > MaxBytes || (long)bytes > length - PrefixBytes)
        {
            throw Error(null,
                $"the header's length, {bytes}, does not fit the file of {length} bytes; this is not a safetensors file or it was cut off, {_remedy}");
        }
        var text = new byte[bytes];
        read(PrefixBytes, text);
        using var document = Parse(text);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw Error(null, "the header is not a JSON object");
        var start = PrefixBytes + text.Length;
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.NameEquals(MetadataKey)) ReadMetadata(property.Value);
            else _tensors.Add(ReadTensor(property.Name, property.Value, start, length));
        }

        CheckRanges(start, length);
    }

    private JsonDocument Parse(byte[] text)
    {
        try
        {
            return WellFormedJson.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw Error(null, $"the header is not valid JSON or names a tensor twice; {_remedy}", e);
        }
    }

    private void ReadMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object) throw Error(MetadataKey, "an object of strings is expected");
        foreach (var entry in metadata.EnumerateObject())
        {
            _metadata[entry.Name] = entry.Value.ValueKind == JsonValueKind.String
                ? entry.Value.GetString()!
                : throw Error(MetadataKey, "an object of strings is expected");
        }
    }

    private SafetensorsTensor ReadTensor(string name, JsonElement value, long dataStart, long fileLength)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array || shape.GetArrayLength() > MaxRank
            || !value.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
            throw Error(name, "dtype, shape and data_offsets are expected");
        var type = dtype.GetString()!;
        var bytes = (UInt128)(ElementBytes(type) ?? throw Error(name, $"the type '{type}' is not supported"));
        var dimensions = shape.EnumerateArray().Select(dimension => Number(name, dimension)).ToArray();
        var start = Number(name, offsets[0]);
        var end = Number(name, offsets[1]);
        if (start > end || end > fileLength - dataStart)
        {
            throw Error(name,
                $"the data is at {start} to {end}, outside the file's {fileLength - dataStart} bytes; the file was cut off, {_remedy}");
        }

        // With every dimension below the data's length, the product in 128 bits cannot wrap unnoticed.
        foreach (var dimension in dimensions) bytes = bytes > (UInt128)long.MaxValue ? bytes : bytes * (UInt128)dimension;
        return bytes == (UInt128)(end - start)
            ? new SafetensorsTensor(name, type, dimensions, dataStart + start, end - start)
            : throw Error(name, $"the shape [{string.Join(", ", dimensions)}] does not fit its {end - start} bytes");
    }

    private long Number(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0
            ? number
            : throw Error(name, $"{value.GetRawText()} is not a size");

    private void CheckRanges(long dataStart, long fileLength)
    {
        var position = dataStart;
        foreach (var tensor in _tensors.OrderBy(tensor => tensor.Start).ThenBy(tensor => tensor.Length).ThenBy(tensor => tensor.Name))
        {
            if (tensor.Start != position)
                throw Error(tensor.Name, tensor.Start < position ? "the data overlaps another tensor's" : "there is a hole before the data");
            position += tensor.Length;
        }

        if (position != fileLength) throw Error(null, $"{fileLength - position} bytes at the end belong to no tensor");
    }

    private static int? ElementBytes(string type) => type switch
    {
        "F64" or "I64" or "U64" or "C64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" or "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => 1,
        _ => null,
    };

    private InvalidModelException Error(string? field, string problem, Exception? cause = null) => new(_path, field, problem, cause);
}
