using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gemma.Conversion.Quantization;

/// <summary>Packs signed integers as MatMulNBits reads them: the middle added, two of four bits in a byte, the even one low.</summary>
internal static class CodePacking
{
    /// <summary>Packs whole blocks.</summary>
    /// <param name="codes">The integers, a multiple of 32.</param>
    /// <param name="bits">Bits of each, 4 or 8.</param>
    /// <param name="centre">What is taken off them first.</param>
    /// <param name="packed">Receives the bytes.</param>
    public static void Pack(ReadOnlySpan<sbyte> codes, int bits, int centre, Span<byte> packed)
    {
        var bytes = MemoryMarshal.Cast<sbyte, byte>(codes);
        var shift = Vector128.Create((byte)((1 << (bits - 1)) - centre));
        if (bits == 8)
        {
            for (var i = 0; i < bytes.Length; i += Vector128<byte>.Count) (Vector128.Create(bytes[i..]) + shift).CopyTo(packed[i..]);
            return;
        }

        for (var i = 0; i < bytes.Length; i += 2 * Vector128<byte>.Count)
        {
            var first = Pairs((Vector128.Create(bytes[i..]) + shift).AsUInt16());
            var second = Pairs((Vector128.Create(bytes[(i + Vector128<byte>.Count)..]) + shift).AsUInt16());
            Vector128.Narrow(first, second).CopyTo(packed[(i / 2)..]);
        }
    }

    private static Vector128<ushort> Pairs(Vector128<ushort> bytes) =>
        (bytes & Vector128.Create((ushort)0x0F)) | ((bytes >>> 4) & Vector128.Create((ushort)0xF0));
}
