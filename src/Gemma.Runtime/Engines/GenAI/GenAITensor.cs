using Gemma.Runtime.Engines.Native;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>An output tensor of a generator, [1, rows, width] in host memory.</summary>
internal sealed unsafe class GenAITensor : IDisposable
{
    private readonly GenAITensorHandle _handle;
    private readonly TensorElementType _type;
    private readonly void* _data;

    public GenAITensor(GenAITensorHandle handle)
    {
        _handle = handle;
        GenAIResult.Check(GenAINative.OgaTensorGetShapeRank(handle, out var rank), "read a tensor's rank");
        if (rank != 3)
            throw new EngineException($"An output of the graph has {rank} dimensions, but [batch, tokens, width] was expected; convert the checkpoint again.");
        Span<long> shape = stackalloc long[3];
        GenAIResult.Check(GenAINative.OgaTensorGetShape(handle, shape, rank), "read a tensor's shape");
        GenAIResult.Check(GenAINative.OgaTensorGetType(handle, out var type), "read a tensor's type");
        GenAIResult.Check(GenAINative.OgaTensorGetData(handle, out _data), "read a tensor");
        (Rows, Width) = (checked((int)(shape[0] * shape[1])), checked((int)shape[2]));

        // GenAI numbers the types as ONNX does.
        _type = (TensorElementType)type;
        _ = ElementSize;
    }

    public int Rows { get; }

    public int Width { get; }

    /// <summary>Bytes of an element in the graph.</summary>
    public int ElementSize => TensorElementTypes.SizeOf(_type);

    /// <summary>Copies consecutive rows, widened to binary32.</summary>
    public void CopyRows(int first, int count, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + (long)count, Rows, nameof(count));
        var (offset, length) = (checked(first * Width), checked(count * Width));
        if (_type == TensorElementType.Float) new ReadOnlySpan<float>((float*)_data + offset, length).CopyTo(destination);
        else TensorElementTypes.Widen(new ReadOnlySpan<ushort>((ushort*)_data + offset, length), destination[..length], _type);
    }

    public void Dispose() => _handle.Dispose();
}
