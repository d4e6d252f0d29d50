using System.Buffers.Binary;
using System.Numerics.Tensors;

namespace Gemma.Peers;

/// <summary>Blocks of 32 weights with scales in half precision. Byte j holds the low four bits of weights j and j + 16.</summary>
internal static class SimpleBlocks
{
    private const int Half = 16;

    /// <summary>A scale and numbers from -8 to 7; the largest weight becomes -8.</summary>
    public static void WriteQ40(ReadOnlySpan<float> weights, Span<byte> block)
    {
        var scale = TensorPrimitives.MaxMagnitude(weights) / -8;
        BinaryPrimitives.WriteHalfLittleEndian(block, (System.Half)scale);
        WriteNibbles(weights, scale * -8, scale, 15, block[2..]);
    }

    /// <summary>A scale, a minimum and numbers from 0 to 15.</summary>
    public static void WriteQ41(ReadOnlySpan<float> weights, Span<byte> block)
    {
        var (scale, minimum) = Range(weights, 15, block);
        WriteNibbles(weights, minimum, scale, 15, block[4..]);
    }

    /// <summary>A scale, a minimum and numbers from 0 to 31, their fifth bits together.</summary>
    public static void WriteQ51(ReadOnlySpan<float> weights, Span<byte> block)
    {
        var (scale, minimum) = Range(weights, 31, block);
        var high = 0u;
        for (var i = 0; i < weights.Length; i++) high |= (uint)(Code(weights[i], minimum, scale, 31) >> 4) << i;
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], high);
        WriteNibbles(weights, minimum, scale, 31, block[8..]);
    }

    /// <summary>The number that stands for a weight.</summary>
    public static int Code(float weight, float minimum, float scale, int most) =>
        scale == 0 ? 0 : Math.Clamp((int)MathF.Round((weight - minimum) / scale), 0, most);

    private static (float Scale, float Minimum) Range(ReadOnlySpan<float> weights, int most, Span<byte> block)
    {
        var minimum = TensorPrimitives.Min(weights);
        var scale = (TensorPrimitives.Max(weights) - minimum) / most;
        BinaryPrimitives.WriteHalfLittleEndian(block, (System.Half)scale);
        BinaryPrimitives.WriteHalfLittleEndian(block[2..], (System.Half)minimum);
        return (scale, minimum);
    }

    private static void WriteNibbles(ReadOnlySpan<float> weights, float minimum, float scale, int most, Span<byte> bytes)
    {
        for (var i = 0; i < Half; i++)
            bytes[i] = (byte)((Code(weights[i], minimum, scale, most) & 15) | ((Code(weights[i + Half], minimum, scale, most) & 15) << 4));
    }
}
