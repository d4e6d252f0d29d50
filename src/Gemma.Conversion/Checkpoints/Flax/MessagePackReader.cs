using System.Buffers.Binary;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Flax;

/// <summary>
/// Reads MessagePack from a file without holding it: binary data is left where it is. Libraries for the format want the whole message in memory,
/// which here is the model. Source: the MessagePack specification.
/// </summary>
/// <remarks>
/// Maps become dictionaries with text keys, arrays lists, integers <see cref="long"/>, binary data a <see cref="ByteSource"/>, extensions what
/// <paramref name="extension"/> makes of them.
/// </remarks>
internal sealed class MessagePackReader(FileCursor input, Func<MessagePackReader, sbyte, object?> extension)
{
    private const int MaxDepth = 32;
    private const int MaxValues = 1 << 20;

    private int _values;
    private bool _inExtension;

    public FileCursor Input => input;

    /// <summary>Reads one value.</summary>
    public object? Read(int depth = 0)
    {
        if (depth >= MaxDepth) throw input.Error($"values are nested more than {MaxDepth} deep");
        if (++_values > MaxValues) throw input.Error("the file holds more values than any model");
        var code = input.ReadByte();
        return code switch
        {
            < 0x80 => (long)code,
            < 0x90 => Map(code & 0x0F, depth),
            < 0xA0 => Array(code & 0x0F, depth),
            < 0xC0 => input.ReadText((uint)code & 0x1F),
            0xC0 => null,
            0xC2 or 0xC3 => code == 0xC3,
            0xC4 or 0xC5 or 0xC6 => Binary((long)Unsigned(1 << (code - 0xC4))),
            0xC7 or 0xC8 or 0xC9 => Extension((long)Unsigned(1 << (code - 0xC7))),
            0xCA => (double)BitConverter.UInt32BitsToSingle((uint)Unsigned(4)),
            0xCB => BitConverter.UInt64BitsToDouble(Unsigned(8)),
            0xCC or 0xCD or 0xCE or 0xCF => Unsigned(1 << (code - 0xCC)) is var number && number <= long.MaxValue ? (object)(long)number : number,
            0xD0 => (long)(sbyte)Unsigned(1),
            0xD1 => (long)(short)Unsigned(2),
            0xD2 => (long)(int)Unsigned(4),
            0xD3 => (long)Unsigned(8),
            0xD4 or 0xD5 or 0xD6 or 0xD7 or 0xD8 => Extension(1 << (code - 0xD4)),
            0xD9 or 0xDA or 0xDB => input.ReadText((uint)Unsigned(1 << (code - 0xD9))),
            0xDC or 0xDD => Array((long)Unsigned(2 << (code - 0xDC)), depth),
            0xDE or 0xDF => Map((long)Unsigned(2 << (code - 0xDE)), depth),
            >= 0xE0 => (long)(sbyte)code,
            _ => throw input.Error($"the byte 0x{code:X2} does not occur in MessagePack"),
        };
    }

    private ulong Unsigned(int length)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        input.ReadBytes(bytes[^length..]);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private Dictionary<string, object?> Map(long count, int depth)
    {
        if (count > input.Left / 2) throw input.Error($"a map of {count} entries is announced, but {input.Left} bytes are left");
        Dictionary<string, object?> map = new(StringComparer.Ordinal);
        for (var i = 0L; i < count; i++)
        {
            if (Read(depth + 1) is not string key) throw input.Error("a map's key is no text");
            if (!map.TryAdd(key, Read(depth + 1))) throw input.Error($"the key '{key}' occurs twice");
        }

        return map;
    }

    private List<object?> Array(long count, int depth)
    {
        if (count > input.Left) throw input.Error($"an array of {count} values is announced, but {input.Left} bytes are left");
        List<object?> items = [];
        for (var i = 0L; i < count; i++) items.Add(Read(depth + 1));
        return items;
    }

    private FileRegion Binary(long length)
    {
        var region = new FileRegion(input.File, input.Position, length);
        input.Skip(length);
        return region;
    }

    // An extension's payload is MessagePack again, and nothing may follow it there.
    private object? Extension(long length)
    {
        if (_inExtension) throw input.Error("an extension is inside another");
        var type = (sbyte)input.ReadByte();
        if (length > input.Left)
            throw input.Error($"an extension of {length} bytes is announced, but {input.Left} are left; the file was cut off, download it again");
        var end = input.End;
        input.End = input.Position + length;
        _inExtension = true;
        var value = extension(this, type);
        if (input.Left != 0) throw input.Error("an extension has more bytes than its value");
        _inExtension = false;
        input.End = end;
        return value;
    }
}
