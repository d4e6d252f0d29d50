using System.Runtime.InteropServices;

namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Q8_0: 32 signed bytes with a scale.</summary>
internal sealed class ByteBlocks() : BlockType("Q8_0", 32, 34)
{
    public override int CodeBits => 8;

    public override bool HasHalfScale => true;

    protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        MemoryMarshal.Cast<byte, sbyte>(block[2..]).CopyTo(codes);
        scales[0] = Half(block);
    }
}
