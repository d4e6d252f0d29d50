using System.Buffers.Binary;
using System.Numerics.Tensors;

namespace Gemma.Peers;

/// <summary>
/// llama.cpp's Q4_K and Q5_K: 256 weights, of which each 32 have a scale and a minimum of six bits, multiples of two numbers in half precision.
/// </summary>
internal static class SuperBlocks
{
    private const int Parts = 8;
    private const int Part = 32;

    public static void WriteQ4K(ReadOnlySpan<float> weights, Span<byte> block)
    {
        Span<byte> codes = stackalloc byte[Parts * Part];
        Encode(weights, 15, block, codes);
        WriteNibbles(codes, block[16..]);
    }

    public static void WriteQ5K(ReadOnlySpan<float> weights, Span<byte> block)
    {
        Span<byte> codes = stackalloc byte[Parts * Part];
        Encode(weights, 31, block, codes);
        var high = block.Slice(16, Part);
        high.Clear();
        for (var i = 0; i < codes.Length; i++) high[i % Part] |= (byte)((codes[i] >> 4) << (i / Part));
        WriteNibbles(codes, block[48..]);
    }

    // w = d · scale · q - dmin · minimum.
    private static void Encode(ReadOnlySpan<float> weights, int most, Span<byte> block, Span<byte> codes)
    {
        Span<float> scales = stackalloc float[Parts];
        Span<float> minimums = stackalloc float[Parts];
        for (var part = 0; part < Parts; part++)
        {
            var own = weights.Slice(part * Part, Part);
            minimums[part] = Math.Max(0, -TensorPrimitives.Min(own));
            scales[part] = Math.Max(0, (TensorPrimitives.Max(own) + minimums[part]) / most);
        }

        var (d, dmin) = ((float)(Half)(TensorPrimitives.Max(scales) / 63), (float)(Half)(TensorPrimitives.Max(minimums) / 63));
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)d);
        BinaryPrimitives.WriteHalfLittleEndian(block[2..], (Half)dmin);
        var packed = block.Slice(4, 12);
        packed.Clear();
        for (var part = 0; part < Parts; part++)
        {
            var (scale, minimum) = (SimpleBlocks.Code(scales[part], 0, d, 63), SimpleBlocks.Code(minimums[part], 0, dmin, 63));
            Pack(packed, part, scale, minimum);
            for (var i = 0; i < Part; i++)
                codes[(part * Part) + i] = (byte)SimpleBlocks.Code(weights[(part * Part) + i], -dmin * minimum, d * scale, most);
        }
    }

    // The first four parts' six bits stand whole; of the last four, four bits follow and two fill what the first four leave.
    private static void Pack(Span<byte> packed, int part, int scale, int minimum)
    {
        if (part < 4)
        {
            packed[part] |= (byte)scale;
            packed[part + 4] |= (byte)minimum;
            return;
        }

        packed[part + 4] = (byte)((scale & 15) | ((minimum & 15) << 4));
        packed[part - 4] |= (byte)((scale >> 4) << 6);
        packed[part] |= (byte)((minimum >> 4) << 6);
    }

    // A byte holds the same place of two neighbouring parts.
    private static void WriteNibbles(ReadOnlySpan<byte> codes, Span<byte> bytes)
    {
        for (var i = 0; i < Parts / 2 * Part; i++)
        {
            var first = (i / Part * 2 * Part) + (i % Part);
            bytes[i] = (byte)((codes[first] & 15) | ((codes[first + Part] & 15) << 4));
        }
    }
}
