using System.Buffers.Binary;

namespace Gemma.Peers;

/// <summary>llama.cpp's Q4_0: blocks of 32 weights, each a half-precision scale and 4-bit numbers from -8 to 7; the largest weight becomes -8.</summary>
internal static class Q4Blocks
{
    public const int Size = 32;
    public const int Bytes = 2 + (Size / 2);

    public static void Write(ReadOnlySpan<float> weights, Span<byte> blocks)
    {
        for (; !weights.IsEmpty; weights = weights[Size..], blocks = blocks[Bytes..])
        {
            var largest = 0f;
            foreach (var weight in weights[..Size])
            {
                if (MathF.Abs(weight) > MathF.Abs(largest)) largest = weight;
            }

            var scale = largest / -8;
            var inverse = scale == 0 ? 0 : 1 / scale;
            BinaryPrimitives.WriteHalfLittleEndian(blocks, (Half)scale);
            for (var i = 0; i < Size / 2; i++) blocks[2 + i] = (byte)(Code(weights[i] * inverse) | (Code(weights[i + (Size / 2)] * inverse) << 4));
        }
    }

    private static int Code(float value) => Math.Clamp((int)(value + 8.5f), 0, 15);
}
