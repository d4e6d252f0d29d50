namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>A view of stored elements: any order of dimensions, any steps, as PyTorch's tensors over a storage are.</summary>
internal sealed class StridedTensor : StoredTensor
{
    private readonly ByteSource _source;
    private readonly long _offset;
    private readonly long[] _sizes;
    private readonly long[] _strides;
    private readonly StridedGather _gather;

    private StridedTensor(ByteSource source, TensorDataType dataType, long offset, long[] sizes, long[] strides, IReadOnlyList<long> shape)
        : base(dataType, shape)
    {
        (_source, _offset, _sizes, _strides) = (source, offset, sizes, strides);
        _gather = new StridedGather(source, ElementSize.Of(dataType), offset, sizes, strides);
    }

    /// <summary>A view of a storage; offset and strides count elements, and the caller has checked that they stay inside it.</summary>
    public StridedTensor(ByteSource source, TensorDataType dataType, long offset, long[] sizes, long[] strides)
        : this(source, dataType, offset, sizes, strides, sizes)
    {
    }

    /// <summary>The bytes that hold the elements, and perhaps others.</summary>
    public ByteSource Source => _source;

    /// <summary>Elements in row-major order.</summary>
    public static StridedTensor Contiguous(ByteSource source, TensorDataType dataType, long[] sizes)
    {
        var strides = new long[sizes.Length];
        var stride = 1L;
        for (var i = sizes.Length - 1; i >= 0; stride *= sizes[i--]) strides[i] = stride;
        return new StridedTensor(source, dataType, 0, sizes, strides);
    }

    /// <summary>The dimensions in another order.</summary>
    public StridedTensor Permute(params int[] order) => new(_source, DataType, _offset, [.. order.Select(i => _sizes[i])], [.. order.Select(i => _strides[i])]);

    /// <summary>The part with one index of the first dimension.</summary>
    public StridedTensor At(long index) => new(_source, DataType, _offset + (index * _strides[0]), _sizes[1..], _strides[1..]);

    /// <summary>Consecutive indices of the first dimension.</summary>
    public StridedTensor Rows(long first, long count) => new(_source, DataType, _offset + (first * _strides[0]), [count, .. _sizes[1..]], _strides);

    /// <summary>The same elements in the same order under another shape.</summary>
    public StridedTensor Reshape(params long[] shape) => new(_source, DataType, _offset, _sizes, _strides, shape);

    public override void ReadRaw(long start, Span<byte> destination) => _gather.Read(start, destination);
}
