using System.Buffers;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Quantization;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Weights;

/// <summary>Quantises rows in blocks along their width and writes integers, scales and zero points.</summary>
internal sealed class QuantizedRowsTask(RowSource source, int firstRow, int rows, string name, QuantizedMatrix target, QuantizationFormat format,
    CalibratedInput? input, QuantizationReport? report) : WeightTask
{
    /// <summary>Rows that a calibrated quantizer works on side by side.</summary>
    public const int CalibratedRows = 32;

    private const int TaskBytes = 8 << 20;

    public override long Work => (long)rows * source.Width * sizeof(float);

    /// <summary>Plans a whole matrix in pieces.</summary>
    /// <param name="plan">Receives the pieces.</param>
    /// <param name="name">The matrix's name.</param>
    /// <param name="source">The weights.</param>
    /// <param name="format">The integers' format.</param>
    /// <param name="scaleType">The stored type of the scales.</param>
    /// <param name="input">The name of the value that it multiplies, if calibration decides, else null.</param>
    public static QuantizedMatrix Plan(WeightPlan plan, string name, RowSource source, QuantizationFormat format, DataType scaleType, string? input = null)
    {
        var blocks = format.BlockCount(source.Width);
        var target = new QuantizedMatrix(
            plan.Place($"{name}_Q{format.Bits}", DataType.Uint8, source.Rows, blocks, format.BlockSize * format.Bits / 8),
            plan.Place($"{name}_scales", scaleType, source.Rows, blocks),
            format.ZeroPoints ? plan.Place($"{name}_zero_points", DataType.Uint8, source.Rows, format.ZeroPointBytes(source.Width)) : null,
            blocks);
        if (input is null)
        {
            foreach (var (row, count) in Pieces(source.Rows, Math.Max(1, TaskBytes / sizeof(float) / source.Width)))
                plan.Add(new QuantizedRowsTask(source, row, count, name, target, format, null, plan.Report));
        }
        else
        {
            var calibrated = plan.Input(input, source.Width);
            foreach (var (row, count) in Pieces(source.Rows, CalibratedRows))
                plan.Add(calibrated, new QuantizedRowsTask(source, row, count, name, target, format, calibrated, plan.Report));
        }

        return target;
    }

    public override void Run(CheckpointReader reader, WeightFile file)
    {
        var packedBytes = (int)(target.Packed.Length / source.Rows);
        var zeroBytes = target.ZeroPoints is null ? 0 : (int)(target.ZeroPoints.Length / source.Rows);
        var scaleSize = ElementTypes.Size(target.Scales.DataType);
        var numbers = ArrayPool<float>.Shared.Rent(rows * source.Width);
        var packed = ArrayPool<byte>.Shared.Rent(rows * packedBytes);
        var scales = ArrayPool<float>.Shared.Rent(rows * target.Blocks);
        var zeros = ArrayPool<byte>.Shared.Rent(Math.Max(1, rows * zeroBytes));
        try
        {
            source.Read(reader, firstRow, numbers.AsSpan(0, rows * source.Width));
            var quantizer = input is null ? new BlockQuantizer(format, target.Scales.DataType) : input.CreateQuantizer(format, target.Scales.DataType);
            quantizer.Quantize(numbers.AsSpan(0, rows * source.Width), source.Width, packed.AsSpan(0, rows * packedBytes),
                scales.AsSpan(0, rows * target.Blocks), zeros.AsSpan(0, rows * zeroBytes));
            HalfRange.Check(reader, source.Name, "a scale", scales.AsSpan(0, rows * target.Blocks), target.Scales.DataType);
            if (report is not null) Report(numbers.AsSpan(0, rows * source.Width), packed, scales, zeros);
            file.Write(target.Packed.Offset + ((long)firstRow * packedBytes), packed.AsSpan(0, rows * packedBytes));
            var bytes = new byte[rows * target.Blocks * scaleSize];
            ElementTypes.Round(scales.AsSpan(0, rows * target.Blocks), target.Scales.DataType, bytes);
            file.Write(target.Scales.Offset + ((long)firstRow * target.Blocks * scaleSize), bytes);
            if (target.ZeroPoints is { } zeroPoints) file.Write(zeroPoints.Offset + ((long)firstRow * zeroBytes), zeros.AsSpan(0, rows * zeroBytes));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(numbers);
            ArrayPool<byte>.Shared.Return(packed);
            ArrayPool<float>.Shared.Return(scales);
            ArrayPool<byte>.Shared.Return(zeros);
        }
    }

    private static IEnumerable<(int Row, int Count)> Pieces(int rows, int step)
    {
        for (var row = 0; row < rows; row += step) yield return (row, Math.Min(step, rows - row));
    }

    private void Report(ReadOnlySpan<float> exact, ReadOnlySpan<byte> packed, ReadOnlySpan<float> scales, ReadOnlySpan<byte> zeroPoints)
    {
        var restored = new float[exact.Length];
        BlockDequantizer.Dequantize(packed, scales, zeroPoints, format, source.Width, restored);
        report!.Add(name, format.Bits, format.BlockSize, exact, restored);
    }
}
