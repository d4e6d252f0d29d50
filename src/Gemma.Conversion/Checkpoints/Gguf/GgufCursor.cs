using System.Buffers.Binary;
using System.Text;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>
/// Reads the fields before a GGUF file's data, in the file's byte order and version. Nothing is sized by a number before it was compared with what is left.
/// </summary>
internal sealed class GgufCursor(CheckpointFile file, GgufFormat format, long start) : FileCursor(file, start, file.Length)
{
    private const int MaxDepth = 64;

    // Far more than any vocabulary.
    private const long MaxItems = 1 << 24;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A 16-bit number.</summary>
    public ushort ReadUInt16()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        ReadBytes(bytes);
        return format.IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    /// <summary>A 32-bit number.</summary>
    public uint ReadUInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        ReadBytes(bytes);
        return format.IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>A 64-bit number.</summary>
    public ulong ReadUInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        ReadBytes(bytes);
        return format.IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A length or a count: 32 bits in version 1.</summary>
    public ulong ReadCount() => format.Version == 1 ? ReadUInt32() : ReadUInt64();

    /// <summary>The bytes of a string.</summary>
    public byte[] ReadStringBytes(long most = MaxItems)
    {
        var bytes = new byte[StringLength(most)];
        ReadBytes(bytes);
        return bytes;
    }

    /// <summary>A string.</summary>
    public string ReadString() => Decode(ReadStringBytes());

    /// <summary>The text of a string that was just read.</summary>
    public string Decode(byte[] bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw File.Error(null, $"a text before byte {Position} is not UTF-8", e);
        }
    }

    /// <summary>A value type.</summary>
    public GgufValueType ReadType()
    {
        var type = ReadUInt32();
        return type <= (uint)GgufValueType.Float64 ? (GgufValueType)type : throw Error($"the value type {type} is unknown");
    }

    /// <summary>
    /// A value: a number as <see cref="long"/>, <see cref="ulong"/> (64 bits without sign) or <see cref="double"/>, a <see cref="bool"/>, a
    /// <see cref="string"/> or a <see cref="GgufArray"/>, whose items stay in the file.
    /// </summary>
    public object ReadValue(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 => (long)ReadByte(),
        GgufValueType.Int8 => (long)(sbyte)ReadByte(),
        GgufValueType.UInt16 => (long)ReadUInt16(),
        GgufValueType.Int16 => (long)(short)ReadUInt16(),
        GgufValueType.UInt32 => (long)ReadUInt32(),
        GgufValueType.Int32 => (long)(int)ReadUInt32(),
        GgufValueType.UInt64 => ReadUInt64(),
        GgufValueType.Int64 => (long)ReadUInt64(),
        GgufValueType.Float32 => (double)BitConverter.UInt32BitsToSingle(ReadUInt32()),
        GgufValueType.Float64 => BitConverter.UInt64BitsToDouble(ReadUInt64()),
        GgufValueType.Bool => ReadBool(),
        GgufValueType.String => ReadString(),
        _ => ReadArray(0),
    };

    private static int FixedSize(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };

    private long StringLength(long most)
    {
        var length = ReadCount();
        if (length > (ulong)Left)
            throw Error($"a text of {length} bytes is announced, but {Left} are left; the file was cut off or is damaged, download it again");
        return length <= (ulong)most ? (long)length : throw Error($"a text of {length} bytes is longer than any in such a place");
    }

    private bool ReadBool() => ReadByte() switch
    {
        0 => false,
        1 => true,
        var other => throw Error($"a bool is {other}; 0 or 1 is expected"),
    };

    // Walks over the items, so that everything after an array is where it seems to be.
    private GgufArray ReadArray(int depth)
    {
        if (depth >= MaxDepth) throw Error($"arrays are nested more than {MaxDepth} deep");
        var type = ReadType();
        var count = ReadCount();
        var size = FixedSize(type);
        var smallest = type switch
        {
            GgufValueType.Bool => 1,
            GgufValueType.String => format.CountBytes,
            GgufValueType.Array => sizeof(uint) + format.CountBytes,
            _ => size,
        };
        if (count > (ulong)(Left / smallest) || (size == 0 && count > MaxItems))
            throw Error($"an array of {count} items is announced, but {Left} bytes are left; the file was cut off or is damaged, download it again");
        var array = new GgufArray(type, (long)count, Position);
        if (size > 0)
        {
            Skip((long)count * size);
            return array;
        }

        for (var i = 0UL; i < count; i++)
        {
            if (type == GgufValueType.Array) ReadArray(depth + 1);
            else if (type == GgufValueType.Bool) ReadBool();
            else Skip(StringLength(MaxItems));
        }

        return array;
    }
}
