using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>A tensor with a number added, as binary32: norms, which GGUF files store as w + 1.</summary>
internal sealed class ShiftedTensor(StoredTensor inner, float addend) : StoredTensor(TensorDataType.Float32, inner.Shape)
{
    public override void ReadRaw(long start, Span<byte> destination) => Read(start, MemoryMarshal.Cast<byte, float>(destination));

    public override void Read(long start, Span<float> destination)
    {
        inner.Read(start, destination);
        TensorPrimitives.Add(destination, addend, destination);
    }
}
