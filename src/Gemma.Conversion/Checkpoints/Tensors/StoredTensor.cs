using System.Buffers;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>A tensor in a checkpoint's files. Its shape and place have been checked against the file; reading is safe from several threads.</summary>
internal abstract class StoredTensor(TensorDataType dataType, IReadOnlyList<long> shape)
{
    public TensorDataType DataType { get; } = dataType;

    public IReadOnlyList<long> Shape { get; } = shape;

    /// <summary>Copies consecutive elements, row-major, as stored (little-endian).</summary>
    public abstract void ReadRaw(long start, Span<byte> destination);

    /// <summary>Copies consecutive elements, row-major, converted to binary32.</summary>
    public virtual void Read(long start, Span<float> destination)
    {
        var length = destination.Length * ElementSize.Of(DataType);
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            ReadRaw(start, bytes.AsSpan(0, length));
            Widening.ToSingle(bytes.AsSpan(0, length), DataType, destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
