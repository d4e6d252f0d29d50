namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Q6_K: 256 weights of six bits, the upper two apart, in groups of 16 with a signed byte of scale.</summary>
internal sealed class Q6KBlocks() : BlockType("Q6_K", 256, 210)
{
    private const int HighBits = 128;
    private const int Scales = 192;
    private const int Scale = 208;
    private const byte Middle = 32;

    public override int Group => 16;

    public override int CodeBits => 8;

    protected override ReadOnlySpan<int> Halves => [Scale];

    protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        var scale = Half(block[Scale..]);
        for (var group = 0; group < 16; group++)
        {
            var (half, run, column) = (group / 8, group / 2 % 4, group % 2 * 16);
            var bytes = Lanes.Load(block[((half * 64) + (run % 2 * 32) + column)..]);
            var low = run < 2 ? Lanes.Low(bytes) : Lanes.High(bytes);
            var high = Lanes.Pair(Lanes.Load(block[(HighBits + (half * 32) + column)..]), run * 2) << 4;
            Lanes.Store(Lanes.Minus(low | high, Middle), codes[(group * 16)..]);
            scales[group] = scale * (sbyte)block[Scales + group];
        }
    }
}
