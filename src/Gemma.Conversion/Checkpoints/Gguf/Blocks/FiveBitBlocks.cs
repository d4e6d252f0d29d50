using System.Buffers.Binary;

namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Q5_0 and Q5_1: as Q4_0 and Q4_1, with the fifth bits in a 32-bit number.</summary>
internal sealed class FiveBitBlocks(bool hasMinimum) : BlockType(hasMinimum ? "Q5_1" : "Q5_0", 32, hasMinimum ? 24 : 22)
{
    private const byte Middle = 16;

    public override int CodeBits => 8;

    public override bool HasHalfScale => true;

    public override bool HasMinimum => hasMinimum;

    public override int Centre => hasMinimum ? Middle : 0;

    protected override ReadOnlySpan<int> Halves => hasMinimum ? [0, 2] : [0];

    protected override int Word => Bytes - 20;

    protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        var bytes = Lanes.Load(block[^16..]);
        var fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[Word..]);
        var offset = hasMinimum ? (byte)0 : Middle;
        Lanes.Store(Lanes.Minus(Lanes.Low(bytes) | Lanes.Spread((int)(fifth & ushort.MaxValue), Middle), offset), codes);
        Lanes.Store(Lanes.Minus(Lanes.High(bytes) | Lanes.Spread((int)(fifth >> 16), Middle), offset), codes[16..]);
        scales[0] = Half(block);
        if (hasMinimum) minimums[0] = -Half(block[2..]);
    }
}
