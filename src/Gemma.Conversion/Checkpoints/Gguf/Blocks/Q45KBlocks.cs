namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Q4_K and Q5_K: 256 weights of four or five bits in groups of 32, each with six bits of scale and six of minimum.</summary>
internal sealed class Q45KBlocks(bool fiveBits) : BlockType(fiveBits ? "Q5_K" : "Q4_K", 256, fiveBits ? 176 : 144)
{
    private const int Scales = 4;
    private const int FifthBits = 16;
    private const byte Fifth = 16;

    public override int CodeBits => fiveBits ? 8 : 4;

    public override int Centre => fiveBits ? 16 : 8;

    public override bool HasMinimum => true;

    protected override ReadOnlySpan<int> Halves => [0, 2];

    protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        var (scale, minimum) = (Half(block), Half(block[2..]));
        for (var group = 0; group < 8; group++)
        {
            var (groupScale, groupMinimum) = GroupScale(block[Scales..], group);
            scales[group] = scale * groupScale;
            minimums[group] = minimum * groupMinimum;
            for (var column = 0; column < 32; column += 16)
            {
                var bytes = Lanes.Load(block[(Bytes - 128 + (group / 2 * 32) + column)..]);
                var code = group % 2 == 0 ? Lanes.Low(bytes) : Lanes.High(bytes);
                if (fiveBits) code |= Lanes.WhereBit(Lanes.Load(block[(FifthBits + column)..]), group, Fifth);
                Lanes.Store(code, codes[((group * 32) + column)..]);
            }
        }
    }

    private static (int Scale, int Minimum) GroupScale(ReadOnlySpan<byte> packed, int group) => group < 4
        ? (packed[group] & 63, packed[group + 4] & 63)
        : ((packed[group + 4] & 15) | (packed[group - 4] >> 6 << 4), (packed[group + 4] >> 4) | (packed[group] >> 6 << 4));
}
