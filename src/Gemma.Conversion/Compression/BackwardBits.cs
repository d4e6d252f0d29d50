using System.Buffers.Binary;

namespace Gemma.Conversion.Compression;

/// <summary>Bits that were written forwards and are read backwards, as Zstandard's entropy coders do; below the first bit there are zeros.</summary>
internal ref struct BackwardBits
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <exception cref="InvalidDataException">The end mark is missing.</exception>
    public BackwardBits(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[^1] == 0) throw new InvalidDataException("a bit stream has no end");
        _bytes = bytes;
        Left = (bytes.Length * 8) - 8 + int.Log2(bytes[^1]);
    }

    /// <summary>Bits that are left; negative after reading beyond the first.</summary>
    public int Left { get; private set; }

    /// <summary>The next bits, without taking them.</summary>
    public readonly uint Peek(int count)
    {
        var first = Left - count;
        if (first >= 0) return Field(first, count);
        return Left <= 0 ? 0 : Field(0, Left) << -first;
    }

    /// <summary>Takes bits.</summary>
    public void Skip(int count) => Left -= count;

    /// <summary>The next bits.</summary>
    public uint Read(int count)
    {
        var value = Peek(count);
        Left -= count;
        return value;
    }

    private readonly uint Field(int first, int count)
    {
        var start = first >> 3;
        ulong word = 0;
        if (start + sizeof(ulong) <= _bytes.Length) word = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[start..]);
        else for (var i = _bytes.Length - 1; i >= start; i--) word = (word << 8) | _bytes[i];
        return (uint)((word >> (first & 7)) & ((1UL << count) - 1));
    }
}
