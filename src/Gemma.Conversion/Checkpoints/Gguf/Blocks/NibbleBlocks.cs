namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Q4_0: 32 weights of four bits, element j low and j + 16 high in byte j, with a scale. Q4_1: the same with a number that is added.</summary>
internal sealed class NibbleBlocks(bool hasMinimum) : BlockType(hasMinimum ? "Q4_1" : "Q4_0", 32, hasMinimum ? 20 : 18)
{
    private const byte Middle = 8;

    public override bool HasHalfScale => true;

    public override bool HasMinimum => hasMinimum;

    public override int Centre => hasMinimum ? Middle : 0;

    protected override ReadOnlySpan<int> Halves => hasMinimum ? [0, 2] : [0];

    protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        var bytes = Lanes.Load(block[^16..]);
        var offset = hasMinimum ? (byte)0 : Middle;
        Lanes.Store(Lanes.Minus(Lanes.Low(bytes), offset), codes);
        Lanes.Store(Lanes.Minus(Lanes.High(bytes), offset), codes[16..]);
        scales[0] = Half(block);
        if (hasMinimum) minimums[0] = -Half(block[2..]);
    }
}
