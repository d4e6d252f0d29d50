using System.Buffers;
using System.Numerics.Tensors;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Quantization;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Weights;

/// <summary>Quantises output channels to signed 8-bit integers with one scale each and writes them as columns, as MatMulInteger reads them.</summary>
internal sealed class ChannelColumnsTask(RowSource source, int firstRow, int rows, string name, ChannelMatrix target, QuantizationReport? report) : WeightTask
{
    private const int TaskBytes = 32 << 20;
    private const float Largest = 127;

    public override long Work => (long)rows * source.Width * sizeof(float);

    /// <summary>Plans a whole matrix in pieces.</summary>
    public static ChannelMatrix Plan(WeightPlan plan, string name, RowSource source)
    {
        var target = new ChannelMatrix(plan.Place(name + "_S8", DataType.Int8, source.Width, source.Rows),
            plan.Place(name + "_scales", DataType.Float, source.Rows));
        var step = Math.Max(1, TaskBytes / sizeof(float) / source.Width);
        for (var row = 0; row < source.Rows; row += step)
            plan.Add(new ChannelColumnsTask(source, row, Math.Min(step, source.Rows - row), name, target, plan.Report));
        return target;
    }

    public override void Run(CheckpointReader reader, WeightFile file)
    {
        var width = source.Width;
        var numbers = ArrayPool<float>.Shared.Rent(rows * width);
        var integers = ArrayPool<byte>.Shared.Rent(rows * width);
        try
        {
            var values = numbers.AsSpan(0, rows * width);
            source.Read(reader, firstRow, values);
            var scales = new float[rows];
            for (var row = 0; row < rows; row++) scales[row] = Quantize(values.Slice(row * width, width), integers.AsSpan(0, rows * width), row);
            for (var column = 0; column < width; column++)
                file.Write(target.Integers.Offset + ((long)column * source.Rows) + firstRow, integers.AsSpan(column * rows, rows));
            file.Write(target.Scales.Offset + ((long)firstRow * sizeof(float)), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(scales));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(numbers);
            ArrayPool<byte>.Shared.Return(integers);
        }
    }

    private float Quantize(Span<float> values, Span<byte> integers, int row)
    {
        var scale = TensorPrimitives.MaxMagnitude(values);
        scale = MathF.Abs(scale) / Largest;
        var inverse = scale > 0 ? 1 / scale : 0;
        var exact = report is null ? [] : values.ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            var integer = MathF.Round(values[i] * inverse);
            integers[(i * rows) + row] = (byte)(sbyte)integer;
            values[i] = integer * scale;
        }

        report?.Add(name, 8, source.Width, exact, values);
        return scale;
    }
}
