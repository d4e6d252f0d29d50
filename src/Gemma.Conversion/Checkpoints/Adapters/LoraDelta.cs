using System.Buffers;
using System.Numerics.Tensors;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Adapters;

/// <summary>What an adapter adds to a weight [out, in]: scale · B·A. It is computed for the rows that are read, so that memory holds one A at most.</summary>
/// <param name="A">[rank, in].</param>
/// <param name="B">[out, rank].</param>
/// <param name="Scale">The factor.</param>
internal sealed record LoraDelta(StoredTensor A, StoredTensor B, float Scale)
{
    /// <summary>Adds it to consecutive elements of the weight.</summary>
    /// <param name="start">The first element, row-major.</param>
    /// <param name="weight">The elements.</param>
    public void AddTo(long start, Span<float> weight)
    {
        var (rank, width) = ((int)A.Shape[0], (int)A.Shape[1]);
        var a = ArrayPool<float>.Shared.Rent(rank * width);
        var b = ArrayPool<float>.Shared.Rent(rank);
        try
        {
            A.Read(0, a.AsSpan(0, rank * width));
            for (var (row, column) = Math.DivRem(start, width); !weight.IsEmpty; row++, column = 0)
            {
                var part = weight[..(int)Math.Min(width - column, weight.Length)];
                B.Read(row * rank, b.AsSpan(0, rank));
                for (var k = 0; k < rank; k++) TensorPrimitives.MultiplyAdd(a.AsSpan((k * width) + (int)column, part.Length), b[k] * Scale, part, part);
                weight = weight[part.Length..];
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(a);
            ArrayPool<float>.Shared.Return(b);
        }
    }
}
