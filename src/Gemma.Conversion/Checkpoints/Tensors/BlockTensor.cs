using System.Buffers;
using System.Runtime.InteropServices;
using Gemma.Conversion.Checkpoints.Gguf.Blocks;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>A tensor of blocks: binary32 to whoever reads numbers, and the blocks themselves to whoever can use them.</summary>
/// <param name="type">The blocks' type; rows are whole blocks.</param>
/// <param name="shape">The dimensions, outermost first.</param>
/// <param name="data">The blocks.</param>
/// <param name="swap">Whether the file is big-endian.</param>
internal sealed class BlockTensor(BlockType type, IReadOnlyList<long> shape, ByteSource data, bool swap) : StoredTensor(TensorDataType.Float32, shape)
{
    /// <summary>How the blocks are packed.</summary>
    public BlockType Type => type;

    public override void ReadRaw(long start, Span<byte> destination) => Read(start, MemoryMarshal.Cast<byte, float>(destination));

    public override void Read(long start, Span<float> destination)
    {
        var (first, skipped) = Math.DivRem(start, type.Elements);
        var count = (int)((skipped + destination.Length + type.Elements - 1) / type.Elements);
        var bytes = ArrayPool<byte>.Shared.Rent(count * type.Bytes);
        var whole = skipped == 0 && destination.Length == count * type.Elements;
        var values = whole ? null : ArrayPool<float>.Shared.Rent(count * type.Elements);
        try
        {
            ReadBlocks(first, bytes.AsSpan(0, count * type.Bytes));
            BlockValues.Compute(type, bytes.AsSpan(0, count * type.Bytes), whole ? destination : values.AsSpan(0, count * type.Elements));
            if (!whole) values.AsSpan((int)skipped, destination.Length).CopyTo(destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            if (values is not null) ArrayPool<float>.Shared.Return(values);
        }
    }

    /// <summary>Copies consecutive blocks, little-endian.</summary>
    /// <param name="first">The first block, row-major.</param>
    /// <param name="destination">Receives the blocks; its length decides how many.</param>
    public void ReadBlocks(long first, Span<byte> destination)
    {
        data.Read(first * type.Bytes, destination);
        if (swap) type.Swap(destination);
    }
}
