namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Types of three levels, −1, 0 and 1, in blocks of 256: TQ1_0 in base 3, TQ2_0 in two bits.</summary>
internal static class TernaryBlocks
{
    private static ReadOnlySpan<byte> Powers => [1, 3, 9, 27, 81];

    /// <summary>TQ1_0: five weights a byte.</summary>
    internal sealed class BaseThree() : BlockType("TQ1_0", 256, 54)
    {
        private const int Scale = 52;

        protected override ReadOnlySpan<int> Halves => [Scale];

        protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
        {
            codes = Digits(block[..32], 5, codes);
            codes = Digits(block[32..48], 5, codes);
            Digits(block[48..52], 4, codes);
            scales.Fill(Half(block[Scale..]));
        }

        // The first digits of all bytes, then the second ones.
        private static Span<sbyte> Digits(ReadOnlySpan<byte> bytes, int count, Span<sbyte> codes)
        {
            foreach (var power in Powers[..count])
            {
                for (var i = 0; i < bytes.Length; i++) codes[i] = (sbyte)((((byte)(bytes[i] * power) * 3) >> 8) - 1);
                codes = codes[bytes.Length..];
            }

            return codes;
        }
    }

    /// <summary>TQ2_0: four weights a byte.</summary>
    internal sealed class TwoBits() : BlockType("TQ2_0", 256, 66)
    {
        private const int Scale = 64;

        protected override ReadOnlySpan<int> Halves => [Scale];

        protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
        {
            for (var run = 0; run < 16; run++)
                Lanes.Store(Lanes.Minus(Lanes.Pair(Lanes.Load(block[((run / 8 * 32) + (run % 2 * 16))..]), run / 2 % 4 * 2), 1), codes[(run * 16)..]);
            scales.Fill(Half(block[Scale..]));
        }
    }
}
