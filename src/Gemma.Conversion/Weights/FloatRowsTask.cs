using System.Buffers;
using System.Numerics.Tensors;
using Gemma.Conversion.Checkpoints.Tensors;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Weights;

/// <summary>Writes rows as floating-point numbers, with a constant added first (norm weights are stored as w + 1) and one multiplied then.</summary>
internal sealed class FloatRowsTask(RowSource source, int firstRow, int rows, ExternalTensor target, float addend, float factor) : WeightTask
{
    private const int RowsBytes = 8 << 20;

    public override long Work => (long)rows * source.Width * sizeof(float);

    /// <summary>Plans a whole matrix in pieces.</summary>
    public static ExternalTensor Plan(WeightPlan plan, string name, DataType type, RowSource source, float addend, params IReadOnlyList<long> dimensions) =>
        Plan(plan, name, type, source, addend, 1, dimensions);

    /// <summary>Plans a whole matrix in pieces, of which each number is (stored + addend) · factor.</summary>
    public static ExternalTensor Plan(WeightPlan plan, string name, DataType type, RowSource source, float addend, float factor, IReadOnlyList<long> dimensions)
    {
        var target = plan.Place(name, type, dimensions);
        var step = Math.Max(1, RowsBytes / sizeof(float) / source.Width);
        for (var row = 0; row < source.Rows; row += step) plan.Add(new FloatRowsTask(source, row, Math.Min(step, source.Rows - row), target, addend, factor));
        return target;
    }

    public override void Run(CheckpointReader reader, WeightFile file)
    {
        var count = rows * source.Width;
        var size = ElementTypes.Size(target.DataType);
        var numbers = ArrayPool<float>.Shared.Rent(count);
        var bytes = ArrayPool<byte>.Shared.Rent(count * size);
        try
        {
            var values = numbers.AsSpan(0, count);
            source.Read(reader, firstRow, values);
            if (addend != 0) TensorPrimitives.Add(values, addend, values);
            if (factor != 1) TensorPrimitives.Multiply(values, factor, values);
            HalfRange.Check(reader, source.Name, "a weight", values, target.DataType);
            var result = bytes.AsSpan(0, count * size);
            ElementTypes.Round(values, target.DataType, result);
            file.Write(target.Offset + ((long)firstRow * source.Width * size), result);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(numbers);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
