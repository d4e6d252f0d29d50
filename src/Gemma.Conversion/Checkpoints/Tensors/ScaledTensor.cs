using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>A tensor of a quantised checkpoint as binary32: 8-bit integers times a scale per row, or any number widened.</summary>
/// <param name="values">The stored tensor, [rows, width] or any shape.</param>
/// <param name="scales">One number per row, or null for numbers that are only widened.</param>
internal sealed class ScaledTensor(StoredTensor values, StoredTensor? scales) : StoredTensor(TensorDataType.Float32, values.Shape)
{
    public override void ReadRaw(long start, Span<byte> destination) => Read(start, MemoryMarshal.Cast<byte, float>(destination));

    public override void Read(long start, Span<float> destination)
    {
        if (scales is null)
        {
            values.Read(start, destination);
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(destination.Length);
        try
        {
            var integers = bytes.AsSpan(0, destination.Length);
            values.ReadRaw(start, integers);
            TensorPrimitives.ConvertTruncating<sbyte, float>(MemoryMarshal.Cast<byte, sbyte>(integers), destination);
            Scale(start, destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Scale(long start, Span<float> destination)
    {
        var width = Shape[1];
        var (row, column) = Math.DivRem(start, width);
        Span<float> scale = stackalloc float[1];
        for (; !destination.IsEmpty; row++, column = 0)
        {
            var part = destination[..(int)Math.Min(width - column, destination.Length)];
            scales!.Read(row, scale);
            TensorPrimitives.Multiply(part, scale[0], part);
            destination = destination[part.Length..];
        }
    }
}
