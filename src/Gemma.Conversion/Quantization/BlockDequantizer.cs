namespace Gemma.Conversion.Quantization;

/// <summary>Computes the weights that quantised rows stand for: (q - zero) · scale.</summary>
internal static class BlockDequantizer
{
    /// <summary>Dequantises rows; the arguments are those of <see cref="BlockQuantizer.Quantize"/>.</summary>
    public static void Dequantize(ReadOnlySpan<byte> packed, ReadOnlySpan<float> scales, ReadOnlySpan<byte> zeroPoints, QuantizationFormat format, int width,
        Span<float> values)
    {
        var blocks = format.BlockCount(width);
        var rows = values.Length / width;
        for (var row = 0; row < rows; row++)
        {
            var codes = packed.Slice(row * format.PackedBytes(width), format.PackedBytes(width));
            var zeros = zeroPoints.Slice(row * format.ZeroPointBytes(width), format.ZeroPointBytes(width));
            for (var i = 0; i < width; i++)
            {
                var block = i / format.BlockSize;
                var zero = format.ZeroPoints ? Unpack(zeros, block, format.Bits) : format.Middle;
                values[(row * width) + i] = (Unpack(codes, i, format.Bits) - zero) * scales[(row * blocks) + block];
            }
        }
    }

    private static int Unpack(ReadOnlySpan<byte> bytes, int index, int bits) => bits == 8 ? bytes[index] : (bytes[index / 2] >> (index % 2 * 4)) & 15;
}
