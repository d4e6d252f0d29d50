using System.Buffers.Binary;
using System.Numerics;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Orbax;

/// <summary>
/// Reads the fields of one block of an OCDBT database: header, checksum, variable-length numbers, prefix-compressed texts. Source: the storage format page of
/// TensorStore's ocdbt driver.
/// </summary>
internal sealed class OcdbtReader
{
    private const int HeaderBytes = 12;
    private const int ChecksumBytes = 4;
    private const int MaxBodyBytes = 64 << 20;

    private readonly string _path;
    private readonly byte[] _body;
    private int _position;

    private OcdbtReader(string path, byte[] body) => (_path, _body) = (path, body);

    /// <summary>Opens a block.</summary>
    /// <exception cref="InvalidModelException">The block is damaged or of another kind.</exception>
    public static OcdbtReader Open(string path, ByteSource source, uint magic)
    {
        if (source.Length is < HeaderBytes + ChecksumBytes or > MaxBodyBytes)
            throw new InvalidModelException(path, null, $"a block of {source.Length} bytes is no block of this database");
        var bytes = new byte[source.Length];
        source.Read(0, bytes);
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes) != magic || BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(4)) != bytes.Length)
            throw new InvalidModelException(path, null, "the block does not begin as one of an OCDBT database");
        if (Crc32C(bytes.AsSpan(0, bytes.Length - ChecksumBytes)) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - ChecksumBytes)))
            throw new InvalidModelException(path, null, "the checksum does not match the data; the file is damaged, download it again");
        var reader = new OcdbtReader(path, bytes[..^ChecksumBytes]) { _position = HeaderBytes };
        if (reader.Number() != 0) throw reader.Error("the version of the database is unknown");
        return reader.Number() == 0
            ? reader
            : new OcdbtReader(path, Decompress(path, bytes.AsSpan(reader._position, bytes.Length - ChecksumBytes - reader._position).ToArray()));
    }

    public byte Byte() => Bytes(1)[0];

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > _body.Length - _position) throw Error("a block ends in the middle");
        _position += count;
        return _body.AsSpan(_position - count, count);
    }

    public long Number()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = Byte();
            if (shift > 56) throw Error("a number is too large");
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return (long)value;
        }
    }

    /// <summary>A count of items, each of which takes at least one byte.</summary>
    public int Count() =>
        Number() is var count && count <= _body.Length - _position ? (int)count : throw Error($"{count} items are announced, more than there are bytes");

    public long[] Numbers(int count)
    {
        var numbers = new long[count];
        for (var i = 0; i < count; i++) numbers[i] = Number();
        return numbers;
    }

    /// <summary>Texts that share beginnings with those before them, and a further column of numbers if there is one.</summary>
    public (byte[][] Texts, long[] Column) Texts(int count, bool withColumn)
    {
        long[] shared = count == 0 ? [] : [0, .. Numbers(count - 1)];
        var suffixes = Numbers(count);
        var column = withColumn ? Numbers(count) : [];
        var texts = new byte[count][];
        byte[] previous = [];
        for (var i = 0; i < count; i++)
        {
            if (shared[i] > previous.Length || suffixes[i] > _body.Length) throw Error("a key is malformed");
            texts[i] = previous = [.. previous.AsSpan(0, (int)shared[i]), .. Bytes((int)suffixes[i])];
        }

        return (texts, column);
    }

    public InvalidModelException Error(string problem) => new(_path, null, $"{problem}; the database is damaged or of an unknown version");

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    private static byte[] Decompress(string path, byte[] compressed)
    {
        using var result = new MemoryStream();
        try
        {
            ZstdDecoder.Decompress(new MemoryStream(compressed), result, null, MaxBodyBytes);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidModelException(path, null, $"a compressed block is damaged ({e.Message}); download the checkpoint again", e);
        }

        return result.ToArray();
    }
}
