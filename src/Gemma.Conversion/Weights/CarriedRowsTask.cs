using System.Buffers;
using System.Numerics.Tensors;
using Gemma.Conversion.Checkpoints.Gguf.Blocks;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Quantization;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Weights;

/// <summary>
/// Takes a checkpoint's blocks over as they are: the same integers and scales, packed as MatMulNBits reads them. A block's minimum becomes a number that is
/// added to each of its weights, w = scale · (q − middle) + offset, which a product of block sums accounts for.
/// </summary>
internal sealed class CarriedRowsTask(RowSource source, BlockType type, int firstRow, int rows, QuantizedMatrix target) : WeightTask
{
    private const int TaskBytes = 8 << 20;

    public override long Work => (long)rows * source.Width * sizeof(float);

    /// <summary>Plans a whole matrix in pieces.</summary>
    /// <param name="plan">Receives the pieces.</param>
    /// <param name="name">The matrix's name.</param>
    /// <param name="source">The weights, all in blocks of one type.</param>
    /// <param name="type">The blocks' type.</param>
    /// <param name="scaleType">The stored type of scales and offsets.</param>
    public static QuantizedMatrix Plan(WeightPlan plan, string name, RowSource source, BlockType type, DataType scaleType)
    {
        var groups = source.Width / type.Group;
        var target = new QuantizedMatrix(
            plan.Place($"{name}_Q{type.CodeBits}", DataType.Uint8, source.Rows, groups, type.Group * type.CodeBits / 8),
            plan.Place($"{name}_scales", scaleType, source.Rows, groups),
            null,
            groups)
        {
            Offsets = type.HasMinimum ? plan.Place($"{name}_offsets", scaleType, source.Rows, groups) : null,
        };
        var step = Math.Max(1, TaskBytes / sizeof(float) / source.Width);
        for (var row = 0; row < source.Rows; row += step) plan.Add(new CarriedRowsTask(source, type, row, Math.Min(step, source.Rows - row), target));
        return target;
    }

    public override void Run(CheckpointReader reader, WeightFile file)
    {
        var (count, groups) = (rows * source.Width, rows * target.Blocks);
        var blocks = ArrayPool<byte>.Shared.Rent(count / type.Elements * type.Bytes);
        var codes = ArrayPool<sbyte>.Shared.Rent(count);
        var packed = ArrayPool<byte>.Shared.Rent(count);
        var numbers = ArrayPool<float>.Shared.Rent(groups * 2);
        try
        {
            var (scales, minimums) = (numbers.AsMemory(0, groups), numbers.AsMemory(groups, groups));
            source.ReadBlocks(reader, type, firstRow, blocks.AsSpan(0, count / type.Elements * type.Bytes));
            type.Unpack(blocks.AsSpan(0, count / type.Elements * type.Bytes), codes.AsSpan(0, count), scales.Span, minimums.Span);
            CheckWeights(reader, codes.AsSpan(0, count), scales.Span);
            CodePacking.Pack(codes.AsSpan(0, count), type.CodeBits, type.Centre, packed);
            file.Write(target.Packed.Offset + ((long)firstRow * source.Width * type.CodeBits / 8), packed.AsSpan(0, count * type.CodeBits / 8));
            Write(reader, file, target.Scales, scales.Span);
            if (target.Offsets is not { } offsets) return;
            TensorPrimitives.MultiplyAdd(scales.Span, type.Centre, Negated(minimums.Span), minimums.Span);
            Write(reader, file, offsets, minimums.Span);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(blocks);
            ArrayPool<sbyte>.Shared.Return(codes);
            ArrayPool<byte>.Shared.Return(packed);
            ArrayPool<float>.Shared.Return(numbers);
        }
    }

    private static Span<float> Negated(Span<float> values)
    {
        TensorPrimitives.Negate(values, values);
        return values;
    }

    // The kernel multiplies later, so a scale in range is not enough.
    private void CheckWeights(CheckpointReader reader, ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales)
    {
        var limit = target.Scales.DataType == DataType.Float16 ? HalfRange.Max : float.MaxValue;
        if (MathF.Abs(TensorPrimitives.MaxMagnitude(scales)) * -sbyte.MinValue <= limit) return;
        for (var group = 0; group < scales.Length; group++)
        {
            var largest = 0;
            foreach (var code in codes.Slice(group * type.Group, type.Group)) largest = Math.Max(largest, Math.Abs((int)code));
            var weight = MathF.Abs(scales[group]) * largest;
            if (!float.IsFinite(weight))
                throw new InvalidModelException(reader.Path, source.Name, "a weight is NaN or infinite; the file is damaged, download it again");
            HalfRange.Check(reader, source.Name, "a weight", [weight], target.Scales.DataType);
        }
    }

    private void Write(CheckpointReader reader, WeightFile file, ExternalTensor tensor, ReadOnlySpan<float> values)
    {
        if (!ElementTypes.AreFinite(values))
            throw new InvalidModelException(reader.Path, source.Name, "a scale is NaN or infinite; the file is damaged, download it again");
        HalfRange.Check(reader, source.Name, "a scale", values, tensor.DataType);
        var size = ElementTypes.Size(tensor.DataType);
        var bytes = new byte[values.Length * size];
        ElementTypes.Round(values, tensor.DataType, bytes);
        file.Write(tensor.Offset + ((long)firstRow * target.Blocks * size), bytes);
    }
}
