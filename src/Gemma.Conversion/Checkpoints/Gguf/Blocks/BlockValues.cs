using System.Buffers;
using System.Runtime.Intrinsics;

namespace Gemma.Conversion.Checkpoints.Gguf.Blocks;

/// <summary>Computes the weights that blocks stand for.</summary>
internal static class BlockValues
{
    // Codes and scales of so many weights stay in the processor's cache.
    private const int Batch = 4096;

    /// <summary>Computes whole blocks.</summary>
    /// <param name="type">The blocks' type.</param>
    /// <param name="blocks">The blocks, little-endian.</param>
    /// <param name="values">Receives the weights.</param>
    public static void Compute(BlockType type, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var codes = ArrayPool<sbyte>.Shared.Rent(Batch);
        var factors = ArrayPool<float>.Shared.Rent(Batch / type.Group * 2);
        try
        {
            while (!values.IsEmpty)
            {
                var part = values[..Math.Min(Batch, values.Length)];
                var groups = part.Length / type.Group;
                var scales = factors.AsSpan(0, groups);
                var minimums = factors.AsSpan(groups, groups);
                type.Unpack(blocks[..(part.Length / type.Elements * type.Bytes)], codes.AsSpan(0, part.Length), scales, minimums);
                Combine(codes.AsSpan(0, part.Length), scales, type.HasMinimum ? minimums : default, type.Group, part);
                blocks = blocks[(part.Length / type.Elements * type.Bytes)..];
                values = values[part.Length..];
            }
        }
        finally
        {
            ArrayPool<sbyte>.Shared.Return(codes);
            ArrayPool<float>.Shared.Return(factors);
        }
    }

    // Without fused multiply-add: each step is rounded, as in the reference.
    private static void Combine(ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales, ReadOnlySpan<float> minimums, int group, Span<float> values)
    {
        for (var i = 0; i < scales.Length; i++)
        {
            var scale = Vector256.Create(scales[i]);
            for (var start = i * group; start < (i + 1) * group; start += 16)
            {
                var (low, high) = Vector256.Widen(Vector256.WidenLower(Vector128.Create(codes[start..]).ToVector256Unsafe()));
                var first = Vector256.ConvertToSingle(low) * scale;
                var second = Vector256.ConvertToSingle(high) * scale;
                if (!minimums.IsEmpty)
                {
                    var minimum = Vector256.Create(minimums[i]);
                    first -= minimum;
                    second -= minimum;
                }

                first.CopyTo(values[start..]);
                second.CopyTo(values[(start + Vector256<float>.Count)..]);
            }
        }
    }
}
