using System.Buffers.Binary;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Cyclic redundancy checks of 32 bits, eight bytes at a time. Source: "A Systematic Approach to Building High Performance Software-based CRC Generators", Kounavis and Berry.</summary>
internal sealed class Crc32
{
    /// <summary>The state before the first byte.</summary>
    public const uint Begin = uint.MaxValue;

    private const int Slices = 8;

    private readonly uint[] _tables = new uint[Slices * 256];

    private Crc32(uint polynomial)
    {
        for (var i = 0u; i < 256; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++) value = (value >> 1) ^ ((value & 1) * polynomial);
            _tables[i] = value;
        }

        for (var i = 256; i < _tables.Length; i++) _tables[i] = (_tables[i - 256] >> 8) ^ _tables[_tables[i - 256] & 0xFF];
    }

    /// <summary>The check of zip files (polynomial 0x04C11DB7).</summary>
    public static Crc32 Zip { get; } = new(0xEDB88320);

    /// <summary>The check CRC-32C (polynomial 0x1EDC6F41).</summary>
    public static Crc32 Castagnoli { get; } = new(0x82F63B78);

    /// <summary>The state after more bytes.</summary>
    public uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        var t = _tables;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            var low = state ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            state = t[0x700 + (low & 0xFF)] ^ t[0x600 + ((low >> 8) & 0xFF)] ^ t[0x500 + ((low >> 16) & 0xFF)] ^ t[0x400 + (low >> 24)]
                ^ t[0x300 + (high & 0xFF)] ^ t[0x200 + ((high >> 8) & 0xFF)] ^ t[0x100 + ((high >> 16) & 0xFF)] ^ t[high >> 24];
        }

        foreach (var value in bytes) state = (state >> 8) ^ t[(state ^ value) & 0xFF];
        return state;
    }

    /// <summary>The check of a state.</summary>
    public static uint End(uint state) => ~state;
}
