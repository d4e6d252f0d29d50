namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Q2_K: 256 weights of two bits in groups of 16, each with four bits of scale and four of minimum.</summary>
internal sealed class Q2KBlocks() : BlockType("Q2_K", 256, 84)
{
    private const int Codes = 16;
    private const int Scale = 80;
    private const int Minimum = 82;

    public override int Group => 16;

    public override int Centre => 2;

    public override bool HasMinimum => true;

    protected override ReadOnlySpan<int> Halves => [Scale, Minimum];

    protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        var (scale, minimum) = (Half(block[Scale..]), Half(block[Minimum..]));
        for (var group = 0; group < 16; group++)
        {
            // 128 weights take 32 bytes: the first 32 their lowest pairs of bits, and so on.
            var bytes = Lanes.Load(block[(Codes + (group / 8 * 32) + (group % 2 * 16))..]);
            Lanes.Store(Lanes.Pair(bytes, group / 2 % 4 * 2), codes[(group * 16)..]);
            scales[group] = scale * (block[group] & 15);
            minimums[group] = minimum * (block[group] >> 4);
        }
    }
}
