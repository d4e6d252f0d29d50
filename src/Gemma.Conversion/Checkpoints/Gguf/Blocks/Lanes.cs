using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Sixteen bytes of a block at once.</summary>
internal static class Lanes
{
    private static readonly Vector128<byte> BitOfLane = Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128);
    private static readonly Vector128<byte> ByteOfLane = Vector128.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load(ReadOnlySpan<byte> bytes) => Vector128.Create(bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<byte> codes, Span<sbyte> destination) => codes.CopyTo(MemoryMarshal.Cast<sbyte, byte>(destination));

    /// <summary>The lower four bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Low(Vector128<byte> bytes) => bytes & Vector128.Create((byte)15);

    /// <summary>The upper four bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> High(Vector128<byte> bytes) => bytes >>> 4;

    /// <summary>Two bits, from a bit on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Pair(Vector128<byte> bytes, int shift) => (bytes >>> shift) & Vector128.Create((byte)3);

    /// <summary>A value in the lanes whose byte has a bit set, 0 in the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> WhereBit(Vector128<byte> bytes, int bit, byte value) =>
        ~Vector128.Equals(bytes & Vector128.Create((byte)(1 << bit)), Vector128<byte>.Zero) & Vector128.Create(value);

    /// <summary>A value in the lanes whose bit is set in sixteen bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Spread(int bits, byte value)
    {
        var bytes = Vector128.Shuffle(Vector128.Create((ushort)bits).AsByte(), ByteOfLane);
        return Vector128.Equals(bytes & BitOfLane, BitOfLane) & Vector128.Create(value);
    }

    /// <summary>Takes a whole number off every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Minus(Vector128<byte> codes, byte number) => codes - Vector128.Create(number);
}
