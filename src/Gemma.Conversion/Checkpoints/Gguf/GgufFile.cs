using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>One GGUF file: everything before the data is read and checked when it is opened. Source: the GGUF specification.</summary>
internal sealed class GgufFile : IDisposable
{
    private const int DefaultAlignment = 32;
    private const ulong MaxKeys = 1 << 16;
    private const ulong MaxTensors = 1 << 20;
    private const uint MaxDimensions = 4;
    private const int MaxNameBytes = 1 << 12;

    private readonly CheckpointFile _file;

    private GgufFile(CheckpointFile file)
    {
        _file = file;
        Format = ReadFormat(file);
        var cursor = new GgufCursor(file, Format, Magic.Length + sizeof(uint));
        var tensors = Count(cursor, "tensors", sizeof(uint) + sizeof(uint) + sizeof(ulong) + Format.CountBytes, MaxTensors);
        Metadata = new GgufMetadata(file, Format, ReadMetadata(cursor));
        Tensors = ReadTensors(cursor, tensors);
    }

    /// <summary>The file's first bytes.</summary>
    public static ReadOnlySpan<byte> Magic => "GGUF"u8;

    /// <summary>Where the file is.</summary>
    public string Path => _file.Path;

    /// <summary>How its numbers are written.</summary>
    public GgufFormat Format { get; }

    /// <summary>Its keys and values.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>Its tensors by name.</summary>
    public IReadOnlyDictionary<string, GgufTensorInfo> Tensors { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidModelException">The file is missing, malformed or cut off.</exception>
    public static GgufFile Open(string path)
    {
        var file = CheckpointFile.Open(path);
        try
        {
            return new GgufFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a tensor, or consecutive rows of it.</summary>
    /// <exception cref="InvalidModelException">Its type cannot be read.</exception>
    public StoredTensor OpenTensor(GgufTensorInfo tensor, long firstRow = 0, long? rows = null)
    {
        if (tensor.Type.Problem is { } problem) throw Error(tensor.Name, $"the tensor's type is {tensor.Type.Name}, and {problem}");
        if (tensor.Type.DataType is { } plain && !Widening.CanRead(plain)) throw Error(tensor.Name, Widening.Refusal(plain));
        var shape = rows is { } count ? [count, .. tensor.Shape.Skip(1)] : tensor.Shape;
        var start = tensor.Position + (firstRow * tensor.RowBytes);
        var data = new FileRegion(_file, start, rows is null ? tensor.Bytes : rows.Value * tensor.RowBytes);
        return tensor.Type.Blocks is { } blocks
            ? new BlockTensor(blocks, shape, data, Format.IsBigEndian)
            : new GgufNumbers(tensor.Type.DataType!.Value, shape, data, Format.IsBigEndian);
    }

    /// <summary>The error for this file.</summary>
    public InvalidModelException Error(string? field, string problem) => _file.Error(field, problem);

    public void Dispose() => _file.Dispose();

    // Files in the other byte order do not say so, but then the version's lower half is zero.
    private static GgufFormat ReadFormat(CheckpointFile file)
    {
        if (!file.StartsWith(Magic))
            throw file.Error(null, "the file does not begin with 'GGUF'; it is not a GGUF file (older GGML formats are not read), or it is damaged");
        var cursor = new GgufCursor(file, default, Magic.Length);
        var version = cursor.ReadUInt32();
        var isBigEndian = (version & 0xFFFF) == 0 && version != 0;
        if (isBigEndian) version = BinaryPrimitives.ReverseEndianness(version);
        return version is >= 1 and <= 3
            ? new GgufFormat(version, isBigEndian)
            : throw file.Error(null, $"the file has version {version} of the format; versions 1 to 3 are read");
    }

    private static int Count(GgufCursor cursor, string what, int smallest, ulong most)
    {
        var count = cursor.ReadCount();
        return count <= (ulong)(cursor.Left / smallest) && count <= most
            ? (int)count
            : throw cursor.Error($"{count} {what} are announced, but {cursor.Left} bytes are left; the file was cut off or is damaged, download it again");
    }

    private Dictionary<string, object> ReadMetadata(GgufCursor cursor)
    {
        var count = Count(cursor, "keys", Format.CountBytes + 1 + sizeof(uint) + 1, MaxKeys);
        Dictionary<string, object> values = new(StringComparer.Ordinal);
        for (; count > 0; count--)
        {
            var key = ReadName(cursor);
            if (!Ascii.IsValid(key)) throw cursor.Error("a key is not ASCII; the file is damaged");
            if (!values.TryAdd(key, cursor.ReadValue(cursor.ReadType()))) throw Error(key, "the key is there twice");
        }

        return values;
    }

    private static string ReadName(GgufCursor cursor)
    {
        var bytes = cursor.ReadStringBytes(MaxNameBytes);
        if (bytes.Length == 0) throw cursor.Error("a name is empty");
        return cursor.Decode(bytes);
    }

    private Dictionary<string, GgufTensorInfo> ReadTensors(GgufCursor cursor, int count)
    {
        var alignment = Metadata.Integer("general.alignment", 1, int.MaxValue) ?? DefaultAlignment;
        if (!BitOperations.IsPow2(alignment)) throw Error("general.alignment", $"{alignment} is not a power of two");
        List<(GgufTensorInfo Tensor, ulong Offset)> tensors = [];
        for (; count > 0; count--) tensors.Add(ReadTensor(cursor, alignment));
        var dataStart = (cursor.Position + alignment - 1) / alignment * alignment;
        var dataLength = _file.Length - dataStart;
        Dictionary<string, GgufTensorInfo> placed = new(StringComparer.Ordinal);
        var (end, last) = (0L, string.Empty);
        foreach (var (tensor, offset) in tensors.OrderBy(pair => pair.Offset))
        {
            if (dataLength < tensor.Bytes || offset > (ulong)(dataLength - tensor.Bytes))
            {
                throw Error(tensor.Name,
                    $"its {tensor.Bytes} bytes at offset {offset} reach beyond the file's {_file.Length}; the file was cut off, download it again");
            }
            if ((long)offset < end) throw Error(tensor.Name, $"its data overlaps that of {last}");
            (end, last) = ((long)offset + tensor.Bytes, tensor.Name);
            if (!placed.TryAdd(tensor.Name, tensor with { Position = dataStart + (long)offset })) throw Error(tensor.Name, "the tensor is there twice");
        }

        return placed;
    }

    private (GgufTensorInfo Tensor, ulong Offset) ReadTensor(GgufCursor cursor, int alignment)
    {
        var name = ReadName(cursor);
        var rank = cursor.ReadUInt32();
        if (rank is 0 or > MaxDimensions) throw Error(name, $"the tensor has {rank} dimensions; 1 to {MaxDimensions} are possible");
        var shape = new long[rank];
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            var size = cursor.ReadCount();
            shape[i] = size is > 0 and <= long.MaxValue ? (long)size : throw Error(name, $"a dimension is {size}");
        }

        var id = cursor.ReadUInt32();
        var type = GgufTensorType.Find(id) ?? throw Error(name, GgufTensorType.Describe(id));
        var offset = cursor.ReadUInt64();
        if (offset % (ulong)alignment != 0) throw Error(name, $"the offset {offset} is not a multiple of the alignment, {alignment}");
        if (shape[^1] % type.Elements != 0) throw Error(name, $"rows of {shape[^1]} are not whole blocks of {type.Elements} ({type.Name})");

        // With every factor below 2^63, the product in 128 bits cannot wrap before it is compared.
        var bytes = (UInt128)(shape[^1] / type.Elements) * (UInt128)type.Bytes;
        foreach (var size in shape[..^1]) bytes = bytes > (UInt128)_file.Length ? bytes : bytes * (UInt128)size;
        if (bytes > (UInt128)_file.Length)
        {
            throw Error(name,
                $"[{string.Join(", ", shape)}] of {type.Name} is more than the file's {_file.Length} bytes; the file was cut off, download it again");
        }
        return (new GgufTensorInfo(name, type, [.. shape.SkipWhile((size, i) => size == 1 && i < shape.Length - 1)], 0, (long)bytes), offset);
    }
}
