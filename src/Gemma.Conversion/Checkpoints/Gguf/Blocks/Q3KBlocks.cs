namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Q3_K: 256 weights of three bits, the third apart, in groups of 16 with six bits of scale.</summary>
internal sealed class Q3KBlocks() : BlockType("Q3_K", 256, 110)
{
    private const int Codes = 32;
    private const int Scales = 96;
    private const int Scale = 108;
    private const int ScaleMiddle = 32;
    private const byte Middle = 4;

    public override int Group => 16;

    protected override ReadOnlySpan<int> Halves => [Scale];

    protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        var scale = Half(block[Scale..]);
        for (var group = 0; group < 16; group++)
        {
            var column = group % 2 * 16;
            var low = Lanes.Pair(Lanes.Load(block[(Codes + (group / 8 * 32) + column)..]), group / 2 % 4 * 2);
            var high = Lanes.WhereBit(Lanes.Load(block[column..]), group / 2, Middle);
            Lanes.Store(Lanes.Minus(low + high, Middle), codes[(group * 16)..]);
            scales[group] = scale * (GroupScale(block[Scales..], group) - ScaleMiddle);
        }
    }

    private static int GroupScale(ReadOnlySpan<byte> packed, int group)
    {
        var low = group < 8 ? packed[group] & 15 : packed[group - 8] >> 4;
        return low | (((packed[8 + (group % 4)] >> (group / 4 * 2)) & 3) << 4);
    }
}
