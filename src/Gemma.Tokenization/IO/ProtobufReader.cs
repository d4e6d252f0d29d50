using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Gemma.IO;

/// <summary>Walks through the fields of a Protocol Buffers message. Lengths are checked against what is there before they are used.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>The value of a varint field; else 0.</summary>
    public ulong Number { get; private set; }

    /// <summary>The value of a 32-bit field.</summary>
    public float Float { get; private set; }

    /// <summary>The content of a length-delimited field; else empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The field as it stands in the message, its number and type included.</summary>
    public ReadOnlySpan<byte> Whole { get; private set; }

    /// <summary>The kind of the field's value.</summary>
    public ProtobufWireType Type { get; private set; }

    /// <summary>Reads the next field.</summary>
    /// <returns>False at the end of the message.</returns>
    /// <exception cref="FormatException">The message is cut off or malformed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Read()
    {
        if (_rest.IsEmpty) return false;
        var start = _rest;
        Number = 0;
        Bytes = default;
        var tag = ReadVarint();
        if (tag >> 3 is 0 or > 0x1FFFFFFF) throw new FormatException($"the field number {tag >> 3} is out of range");
        Field = (int)(tag >> 3);
        Type = (ProtobufWireType)(tag & 7);
        switch (Type)
        {
            case ProtobufWireType.Varint: Number = ReadVarint(); break;
            case ProtobufWireType.Fixed64: Take(8); break;
            case ProtobufWireType.Bytes: Bytes = Take(ReadVarint()); break;
            case ProtobufWireType.Fixed32: Float = BinaryPrimitives.ReadSingleLittleEndian(Take(4)); break;
            default: throw new FormatException($"field {Field} has the wire type {tag & 7}, which is not supported");
        }

        Whole = start[..^_rest.Length];
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
            throw new FormatException($"a value of {length} bytes is announced where {_rest.Length} bytes are left; the file was cut off or changed");
        var value = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ulong ReadVarint()
    {
        var value = 0UL;
        for (var i = 0; i < 10 && i < _rest.Length; i++)
        {
            value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] >= 0x80) continue;
            _rest = _rest[(i + 1)..];
            return value;
        }

        throw new FormatException("a number does not end; the file was cut off or changed");
    }
}
