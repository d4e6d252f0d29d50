using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Gemma.Conversion.Weights;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Quantization;

/// <summary>Quantises rows in blocks along their width, eight blocks at once: one per lane of a vector.</summary>
/// <param name="format">The integers' format.</param>
/// <param name="scaleType">The stored type of the scales; integers are chosen for the rounded scale.</param>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class BlockQuantizer(QuantizationFormat format, DataType scaleType)
{
    private static int Lanes => Vector256<float>.Count;

    /// <summary>Quantises rows.</summary>
    /// <param name="values">[rows, width].</param>
    /// <param name="width">Weights per row.</param>
    /// <param name="packed">Receives the integers, [rows, blocks, block bytes].</param>
    /// <param name="scales">Receives the scales, [rows, blocks], representable in the scales' type.</param>
    /// <param name="zeroPoints">Receives the packed zero points, if the format has them, [rows, bytes].</param>
    public void Quantize(ReadOnlySpan<float> values, int width, Span<byte> packed, Span<float> scales, Span<byte> zeroPoints)
    {
        var size = format.BlockSize;
        var block = new Vector256<float>[size];
        var scratch = new Vector256<float>[size];
        var codes = new byte[size * Lanes];
        var blocks = format.BlockCount(width);
        var total = values.Length / width * blocks;
        zeroPoints.Clear();
        for (var first = 0; first < total; first += Lanes)
        {
            var count = Math.Min(Lanes, total - first);
            Load(values, width, blocks, first, count, MemoryMarshal.Cast<Vector256<float>, float>(block.AsSpan()));
            var found = format.Scales == ScaleChoice.Search ? LeastSquaresScales.Find(block, format, scratch) : ExtremeScales.Find(block, format);
            var rounded = Round(found.Scale);
            Encode(block, ExtremeScales.Inverse(rounded), found.Zero, codes);
            for (var lane = 0; lane < count; lane++)
            {
                scales[first + lane] = rounded[lane];
                Pack(codes, lane, packed.Slice((first + lane) * size * format.Bits / 8, size * format.Bits / 8));
                if (format.ZeroPoints) StoreZeroPoint(zeroPoints, width, blocks, first + lane, (int)found.Zero[lane]);
            }
        }
    }

    // Transposes eight blocks to one per lane; a row's last block is filled up with zeros.
    private void Load(ReadOnlySpan<float> values, int width, int blocks, int first, int count, Span<float> block)
    {
        var lanes = Lanes;
        for (var lane = 0; lane < lanes; lane++)
        {
            var (row, index) = Math.DivRem(first + lane, blocks);
            var start = index * format.BlockSize;
            var source = lane < count ? values.Slice((row * width) + start, Math.Min(format.BlockSize, width - start)) : [];
            for (var i = 0; i < source.Length; i++) block[(i * lanes) + lane] = source[i];
            for (var i = source.Length; i < format.BlockSize; i++) block[(i * lanes) + lane] = 0;
        }
    }

    private Vector256<float> Round(Vector256<float> scales)
    {
        if (scaleType == DataType.Float) return scales;
        Span<float> values = stackalloc float[Lanes];
        scales.CopyTo(values);
        ElementTypes.RoundInPlace(values, scaleType);
        return Vector256.Create<float>(values);
    }

    private void Encode(ReadOnlySpan<Vector256<float>> block, Vector256<float> inverse, Vector256<float> zero, Span<byte> codes)
    {
        var top = Vector256.Create((float)format.Top);
        for (var i = 0; i < block.Length; i++)
        {
            var code = Vector256.ConvertToInt32Native(Vector256.MinNative(Vector256.MaxNative(Vector256.Round(block[i] * inverse) + zero, Vector256<float>.Zero), top));
            var bytes = Vector256.Narrow(Vector256.Narrow(code, code), Vector256<short>.Zero);
            BitConverter.TryWriteBytes(codes[(i * Lanes)..], bytes.AsUInt64()[0]);
        }
    }

    private void Pack(ReadOnlySpan<byte> codes, int lane, Span<byte> packed)
    {
        if (format.Bits == 8)
        {
            for (var i = 0; i < packed.Length; i++) packed[i] = codes[(i * Lanes) + lane];
            return;
        }

        for (var i = 0; i < packed.Length; i++) packed[i] = (byte)(codes[(2 * i * Lanes) + lane] | (codes[(((2 * i) + 1) * Lanes) + lane] << 4));
    }

    private void StoreZeroPoint(Span<byte> zeroPoints, int width, int blocks, int index, int zero)
    {
        var (row, block) = Math.DivRem(index, blocks);
        var target = zeroPoints.Slice(row * format.ZeroPointBytes(width), format.ZeroPointBytes(width));
        if (format.Bits == 8) target[block] = (byte)zero;
        else target[block / 2] |= (byte)(zero << (block % 2 * 4));
    }
}
