using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Quantization;

/// <summary>Quantises rows in blocks along their width, eight blocks at once: one per lane of a vector.</summary>
/// <param name="format">The integers' format.</param>
/// <param name="scaleType">The stored type of the scales; integers are chosen for the rounded scale.</param>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class BlockQuantizer(QuantizationFormat format, DataType scaleType) : IRowQuantizer
{
    /// <inheritdoc/>
    public QuantizationFormat Format => format;

    /// <inheritdoc/>
    public void Quantize(ReadOnlySpan<float> values, int width, Span<byte> packed, Span<float> scales, Span<byte> zeroPoints)
    {
        var size = format.BlockSize;
        var block = new Vector256<float>[size];
        var scratch = new Vector256<float>[size];
        var codes = new byte[size * BlockCodes.Lanes];
        var top = Vector256.Create((float)format.Top);
        var blocks = format.BlockCount(width);
        var total = values.Length / width * blocks;
        zeroPoints.Clear();
        for (var first = 0; first < total; first += BlockCodes.Lanes)
        {
            var count = Math.Min(BlockCodes.Lanes, total - first);
            Load(values, width, blocks, first, count, MemoryMarshal.Cast<Vector256<float>, float>(block.AsSpan()));
            var found = format.Scales == ScaleChoice.Search ? LeastSquaresScales.Find(block, format, scratch) : ExtremeScales.Find(block, format);
            var rounded = BlockCodes.RoundScales(found.Scale, scaleType);
            var inverse = ExtremeScales.Inverse(rounded);
            for (var i = 0; i < size; i++) BlockCodes.Store(BlockCodes.Encode(block[i], inverse, found.Zero, top), i, codes);
            for (var lane = 0; lane < count; lane++)
            {
                scales[first + lane] = rounded[lane];
                BlockCodes.Pack(codes, lane, format, packed.Slice((first + lane) * size * format.Bits / 8, size * format.Bits / 8));
                if (!format.ZeroPoints) continue;
                var (row, index) = Math.DivRem(first + lane, blocks);
                BlockCodes.StoreZeroPoint(zeroPoints[(row * format.ZeroPointBytes(width))..], index, format, (int)found.Zero[lane]);
            }
        }
    }

    // Transposes eight blocks to one per lane; a row's last block is filled up with zeros.
    private void Load(ReadOnlySpan<float> values, int width, int blocks, int first, int count, Span<float> block)
    {
        var lanes = BlockCodes.Lanes;
        for (var lane = 0; lane < lanes; lane++)
        {
            var (row, index) = Math.DivRem(first + lane, blocks);
            var start = index * format.BlockSize;
            var source = lane < count ? values.Slice((row * width) + start, Math.Min(format.BlockSize, width - start)) : [];
            for (var i = 0; i < source.Length; i++) block[(i * lanes) + lane] = source[i];
            for (var i = source.Length; i < format.BlockSize; i++) block[(i * lanes) + lane] = 0;
        }
    }
}
