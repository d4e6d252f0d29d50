namespace Gemma.Conversion.Quantization;

/// <summary>Quantises rows by the largest magnitude of each block, as ONNX Runtime's own tools do.</summary>
internal sealed class BlockQuantizer(QuantizationFormat format)
{
    public void QuantizeRow(ReadOnlySpan<float> row, Span<byte> packed, Span<float> scales, Span<byte> zeroPoints)
    {
        packed.Clear();
        var (zero, top) = (1 << (format.Bits - 1), (1 << format.Bits) - 1);
        for (var block = 0; block < scales.Length; block++)
        {
            var start = block * format.BlockSize;
            var values = row[start..Math.Min(row.Length, start + format.BlockSize)];
            var (minimum, maximum) = (0f, 0f);
            foreach (var value in values) (minimum, maximum) = (Math.Min(minimum, value), Math.Max(maximum, value));
            var scale = (MathF.Abs(minimum) >= MathF.Abs(maximum) ? minimum : maximum) / -zero;
            var inverse = scale == 0 ? 0 : 1 / scale;
            scales[block] = scale;
            for (var i = 0; i < format.BlockSize; i++)
            {
                var q = i < values.Length ? Math.Clamp((int)MathF.Round(values[i] * inverse) + zero, 0, top) : zero;
                if (format.Bits == 8) packed[start + i] = (byte)q;
                else packed[(start + i) / 2] |= (byte)(q << (i % 2 * 4));
            }
        }
    }
}
