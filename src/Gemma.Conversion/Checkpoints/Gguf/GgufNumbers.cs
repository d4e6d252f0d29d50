using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>A tensor of plain numbers in a GGUF file.</summary>
/// <param name="type">The element type.</param>
/// <param name="shape">The dimensions, outermost first.</param>
/// <param name="data">The elements.</param>
/// <param name="swap">Whether the file is big-endian.</param>
internal sealed class GgufNumbers(TensorDataType type, IReadOnlyList<long> shape, ByteSource data, bool swap) : StoredTensor(type, shape)
{
    public override void ReadRaw(long start, Span<byte> destination)
    {
        var size = ElementSize.Of(DataType);
        data.Read(start * size, destination);
        if (!swap) return;
        for (; !destination.IsEmpty; destination = destination[size..]) destination[..size].Reverse();
    }
}
