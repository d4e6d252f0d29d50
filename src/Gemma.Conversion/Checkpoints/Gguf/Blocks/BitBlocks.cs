namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Q1_0 and Q2_0: weights of one bit (−1 and 1) or two (−1 to 2), the lowest first, with a scale.</summary>
internal sealed class BitBlocks(int bits) : BlockType(bits == 1 ? "Q1_0" : "Q2_0", 128 / bits, 18)
{
    protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        var (perByte, factor) = (8 / bits, 3 - bits);
        for (var i = 0; i < codes.Length; i++) codes[i] = (sbyte)((((block[2 + (i / perByte)] >> (i % perByte * bits)) & ((1 << bits) - 1)) * factor) - 1);
        scales.Fill(Half(block));
    }
}
