using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Types whose four bits choose one of sixteen levels: IQ4_NL, IQ4_XS, MXFP4 and NVFP4.</summary>
internal static class LookupBlocks
{
    private static readonly Vector128<sbyte> UnevenValues = Vector128.Create(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

    // The values of FP4 (E2M1), doubled.
    private static readonly Vector128<sbyte> Fp4 = Vector128.Create(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

    // Sixteen bytes hold elements 0 to 15 in their lower and 16 to 31 in their upper halves.
    private static void LookUp(ReadOnlySpan<byte> bytes, Vector128<sbyte> levels, Span<sbyte> codes)
    {
        var packed = Lanes.Load(bytes);
        Lanes.Store(Vector128.Shuffle(levels.AsByte(), Lanes.Low(packed)), codes);
        Lanes.Store(Vector128.Shuffle(levels.AsByte(), Lanes.High(packed)), codes[16..]);
    }

    /// <summary>IQ4_NL: 32 weights with a scale.</summary>
    internal sealed class Uneven() : BlockType("IQ4_NL", 32, 18)
    {
        public override int CodeBits => 8;

        protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
        {
            LookUp(block[2..], UnevenValues, codes);
            scales[0] = Half(block);
        }
    }

    /// <summary>IQ4_XS: 256 weights of IQ4_NL's levels in groups of 32 with six bits of scale.</summary>
    internal sealed class UnevenGroups() : BlockType("IQ4_XS", 256, 136)
    {
        private const int LowScales = 4;
        private const int Codes = 8;
        private const int ScaleMiddle = 32;

        public override int CodeBits => 8;

        protected override ReadOnlySpan<int> Halves => [0, 2];

        protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
        {
            var scale = Half(block);
            var high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
            for (var group = 0; group < 8; group++)
            {
                var groupScale = ((block[LowScales + (group / 2)] >> (group % 2 * 4)) & 15) | (((high >> (2 * group)) & 3) << 4);
                scales[group] = scale * (groupScale - ScaleMiddle);
                LookUp(block[(Codes + (group * 16))..], UnevenValues, codes[(group * 32)..]);
            }
        }
    }

    /// <summary>MXFP4: 32 weights of FP4 with a power of two.</summary>
    internal sealed class PowerOfTwo() : BlockType("MXFP4", 32, 17)
    {
        private const int ExponentBias = 128;

        public override int CodeBits => 8;

        protected override ReadOnlySpan<int> Halves => [];

        protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
        {
            LookUp(block[1..], Fp4, codes);
            scales[0] = MathF.ScaleB(1, block[0] - ExponentBias);
        }
    }

    /// <summary>NVFP4: 64 weights of FP4 in groups of 16 with a scale of eight bits (UE4M3).</summary>
    internal sealed class SmallFloat() : BlockType("NVFP4", 64, 36)
    {
        private const int Codes = 4;
        private const int Groups = 4;

        public override int Group => 16;

        public override int CodeBits => 8;

        protected override ReadOnlySpan<int> Halves => [];

        protected override void UnpackBlock(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
        {
            Span<sbyte> pairs = stackalloc sbyte[32];
            for (var pair = 0; pair < Groups / 2; pair++)
            {
                // Eight bytes are a group: its first half low, its second half high.
                LookUp(block[(Codes + (pair * 16))..], Fp4, pairs);
                for (var i = 0; i < 4; i++) pairs.Slice((i % 2 * 16) + (i / 2 * 8), 8).CopyTo(codes[((pair * 32) + (i * 8))..]);
            }

            for (var group = 0; group < Groups; group++) scales[group] = Scale(block[group]) / 2;
        }

        private static float Scale(byte bits)
        {
            const int NotANumber = 0x7F;
            var (exponent, mantissa) = ((bits >> 3) & 15, bits & 7);
            if (bits is 0 or NotANumber) return 0;
            return exponent == 0 ? MathF.ScaleB(mantissa, -9) : MathF.ScaleB(1 + (mantissa / 8f), exponent - 7);
        }
    }
}
