using System.Buffers.Binary;

namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>
/// A way in which GGUF files pack weights into blocks. Every one of them is small signed integers with a scale, and in some with a minimum, for each group of
/// 16 or 32: w = scale · code − minimum, multiplied, then subtracted, each rounded.
/// Source: the GGUF specification and ggml's <c>to_float</c>, whose bits this gives.
/// </summary>
/// <param name="name">The type's name.</param>
/// <param name="elements">Weights of a block.</param>
/// <param name="bytes">Bytes of a block.</param>
/// <remarks>Immutable.</remarks>
internal abstract class BlockType(string name, int elements, int bytes)
{
    /// <summary>The type's name, such as "Q4_K".</summary>
    public string Name { get; } = name;

    /// <summary>Weights of a block.</summary>
    public int Elements { get; } = elements;

    /// <summary>Bytes of a block.</summary>
    public int Bytes { get; } = bytes;

    /// <summary>Weights that share a scale.</summary>
    public virtual int Group => 32;

    /// <summary>Bits that the codes need, 4 or 8, once <see cref="Centre"/> is taken off them.</summary>
    public virtual int CodeBits => 4;

    /// <summary>The middle of the codes' range.</summary>
    public virtual int Centre => 0;

    /// <summary>Whether a group's scale is stored as a binary16 number of its own.</summary>
    public virtual bool HasHalfScale => false;

    /// <summary>Whether groups have a minimum.</summary>
    public virtual bool HasMinimum => false;

    /// <summary>Where a block's 16-bit numbers are, which a file in the other byte order has turned round.</summary>
    protected virtual ReadOnlySpan<int> Halves => [0];

    /// <summary>Where a block's 32-bit number is, or −1.</summary>
    protected virtual int Word => -1;

    /// <summary>Takes whole blocks apart.</summary>
    /// <param name="blocks">The blocks as stored, little-endian.</param>
    /// <param name="codes">Receives one integer per weight.</param>
    /// <param name="scales">Receives one number per group.</param>
    /// <param name="minimums">Receives one number per group if there are minimums.</param>
    public void Unpack(ReadOnlySpan<byte> blocks, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        var groups = Elements / Group;
        for (var count = blocks.Length / Bytes; count > 0; count--)
        {
            UnpackBlock(blocks[..Bytes], codes[..Elements], scales[..groups], HasMinimum ? minimums[..groups] : default);
            blocks = blocks[Bytes..];
            codes = codes[Elements..];
            scales = scales[groups..];
            if (HasMinimum) minimums = minimums[groups..];
        }
    }

    /// <summary>Turns the numbers of blocks that are big-endian round.</summary>
    public void Swap(Span<byte> blocks)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..])
        {
            foreach (var offset in Halves) blocks.Slice(offset, sizeof(ushort)).Reverse();
            if (Word >= 0) blocks.Slice(Word, sizeof(uint)).Reverse();
        }
    }

    /// <summary>Takes one block apart.</summary>
    protected abstract void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums);

    /// <summary>A binary16 number, widened.</summary>
    protected static float Half(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);
}
