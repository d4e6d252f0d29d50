using System.Runtime.Intrinsics;
using Gemma.Conversion.Quantization;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Calibration;

/// <summary>
/// Quantises rows so that the projection's output stays right for the calibrated inputs: each column undoes what the columns before it did wrong (GPTQ, columns
/// in natural order).
/// </summary>
/// <param name="format">The integers' format.</param>
/// <param name="scaleType">The stored type of the scales.</param>
/// <param name="factor">What is known about the projection's input.</param>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed unsafe class CalibratedQuantizer(QuantizationFormat format, DataType scaleType, InputFactor factor) : IRowQuantizer
{
    /// <summary>Rows that are quantised side by side: four vectors of eight.</summary>
    public const int Rows = QuantizedRowsTask.CalibratedRows;

    private const int Vectors = 4;
    private const int Chunk = 256;

    /// <inheritdoc/>
    public QuantizationFormat Format => format;

    /// <inheritdoc/>
    public void Quantize(ReadOnlySpan<float> values, int width, Span<byte> packed, Span<float> scales, Span<byte> zeroPoints)
    {
        var rows = values.Length / width;
        var size = format.BlockSize;
        using var weights = new NativeBuffer((long)width * Rows * sizeof(float));
        using var errors = new NativeBuffer((long)width * Rows * sizeof(float));
        using var carried = new NativeBuffer((long)size * Rows * sizeof(float));
        var w = (Vector256<float>*)weights.Pointer;
        var e = (Vector256<float>*)errors.Pointer;
        var c = (Vector256<float>*)carried.Pointer;
        for (var row = 0; row < rows; row++)
        {
            for (var i = 0; i < width; i++) ((float*)w)[(i * Rows) + row] = values[(row * width) + i];
        }

        var block = new Vector256<float>[size];
        var scratch = new Vector256<float>[size];
        var importance = new float[size];
        var codes = new byte[size * BlockCodes.Lanes];
        zeroPoints.Clear();
        for (var index = 0; index < format.BlockCount(width); index++)
        {
            var start = index * size;
            var count = Math.Min(size, width - start);
            Carry(factor, start, count, e, c);
            for (var m = 0; m < count; m++) importance[m] = MathF.Pow(factor.Diagonal[start + m] / factor.Diagonal[start], 2);
            for (var vector = 0; vector < Vectors && vector * BlockCodes.Lanes < rows; vector++)
            {
                Expect(factor, start, count, w + vector, c + vector, block, scratch);
                var found = format.Scales == ScaleChoice.Search
                    ? LeastSquaresScales.Find(block, format, scratch, importance.AsSpan(0, count))
                    : ExtremeScales.Find(block, format);
                var scale = BlockCodes.RoundScales(found.Scale, scaleType);
                Round(factor, start, count, w + vector, e + vector, c + vector, scale, found.Zero, codes);
                for (var lane = 0; lane < BlockCodes.Lanes && (vector * BlockCodes.Lanes) + lane < rows; lane++)
                {
                    var row = (vector * BlockCodes.Lanes) + lane;
                    scales[(row * format.BlockCount(width)) + index] = scale[lane];
                    BlockCodes.Pack(codes, lane, format, packed.Slice((row * format.PackedBytes(width)) + (start * format.Bits / 8), size * format.Bits / 8));
                    if (format.ZeroPoints) BlockCodes.StoreZeroPoint(zeroPoints[(row * format.ZeroPointBytes(width))..], index, format, (int)found.Zero[lane]);
                }
            }
        }
    }

    // What the errors of all columns before the block ask of each of its columns.
    private static void Carry(InputFactor factor, int start, int count, Vector256<float>* errors, Vector256<float>* carried)
    {
        new Span<Vector256<float>>(carried, count * Vectors).Clear();
        for (var first = 0; first < start; first += Chunk)
        {
            var last = Math.Min(start, first + Chunk);
            var m = 0;
            for (; m + 1 < count; m += 2) CarryPair(factor.Row(start + m), factor.Row(start + m + 1), first, last, errors, carried + (m * Vectors));
            for (; m < count; m++) CarryOne(factor.Row(start + m), first, last, errors, carried + (m * Vectors));
        }
    }

    private static void CarryPair(float* row, float* next, int first, int last, Vector256<float>* errors, Vector256<float>* carried)
    {
        var (a0, a1, a2, a3) = (carried[0], carried[1], carried[2], carried[3]);
        var (b0, b1, b2, b3) = (carried[4], carried[5], carried[6], carried[7]);
        for (var j = first; j < last; j++)
        {
            var error = errors + (j * Vectors);
            var (e0, e1, e2, e3) = (error[0], error[1], error[2], error[3]);
            var weight = Vector256.Create(row[j]);
            (a0, a1, a2, a3) = (Vector256.FusedMultiplyAdd(weight, e0, a0), Vector256.FusedMultiplyAdd(weight, e1, a1),
                Vector256.FusedMultiplyAdd(weight, e2, a2), Vector256.FusedMultiplyAdd(weight, e3, a3));
            weight = Vector256.Create(next[j]);
            (b0, b1, b2, b3) = (Vector256.FusedMultiplyAdd(weight, e0, b0), Vector256.FusedMultiplyAdd(weight, e1, b1),
                Vector256.FusedMultiplyAdd(weight, e2, b2), Vector256.FusedMultiplyAdd(weight, e3, b3));
        }

        (carried[0], carried[1], carried[2], carried[3]) = (a0, a1, a2, a3);
        (carried[4], carried[5], carried[6], carried[7]) = (b0, b1, b2, b3);
    }

    private static void CarryOne(float* row, int first, int last, Vector256<float>* errors, Vector256<float>* carried)
    {
        for (var j = first; j < last; j++)
        {
            var weight = Vector256.Create(row[j]);
            for (var v = 0; v < Vectors; v++) carried[v] = Vector256.FusedMultiplyAdd(weight, errors[(j * Vectors) + v], carried[v]);
        }
    }

    // The block's weights if its own columns could be corrected exactly: what scales are chosen for.
    private static void Expect(InputFactor factor, int start, int count, Vector256<float>* weights, Vector256<float>* carried, Span<Vector256<float>> block,
        Span<Vector256<float>> corrections)
    {
        for (var m = 0; m < count; m++)
        {
            var row = factor.Row(start + m) + start;
            var sum = carried[m * Vectors];
            for (var j = 0; j < m; j++) sum = Vector256.FusedMultiplyAdd(Vector256.Create(row[j]), corrections[j], sum);
            corrections[m] = -sum;
            block[m] = weights[(start + m) * Vectors] - sum;
        }

        block[count..].Clear();
    }

    private void Round(InputFactor factor, int start, int count, Vector256<float>* weights, Vector256<float>* errors, Vector256<float>* carried,
        Vector256<float> scale, Vector256<float> zero, Span<byte> codes)
    {
        var inverse = ExtremeScales.Inverse(scale);
        var top = Vector256.Create((float)format.Top);
        for (var m = 0; m < count; m++)
        {
            var row = factor.Row(start + m) + start;
            var sum = carried[m * Vectors];
            for (var j = 0; j < m; j++) sum = Vector256.FusedMultiplyAdd(Vector256.Create(row[j]), errors[(start + j) * Vectors], sum);
            var weight = weights[(start + m) * Vectors];
            var code = BlockCodes.Encode(weight - sum, inverse, zero, top);
            errors[(start + m) * Vectors] = ((code - zero) * scale) - weight;
            BlockCodes.Store(code, m, codes);
        }

        for (var m = count; m < format.BlockSize; m++) BlockCodes.Store(zero, m, codes);
    }
}
