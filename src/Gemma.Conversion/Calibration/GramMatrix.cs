using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gemma.Conversion.Calibration;

/// <summary>Adds multiples of XᵀX to the lower triangle of a square matrix, over all cores.</summary>
internal static unsafe class GramMatrix
{
    /// <summary>Columns of a panel; sizes and strides are multiples of it.</summary>
    public const int Panel = 16;

    private const int TileRows = 4;

    /// <summary>target[a][b] += sign · Σₜ x[t][a] · x[t][b] for b ≤ a; elements above the diagonal become arbitrary near it.</summary>
    /// <param name="x">[rows, stride].</param>
    /// <param name="rows">Rows of <paramref name="x"/>.</param>
    /// <param name="size">Columns that count, a multiple of <see cref="Panel"/>.</param>
    /// <param name="target">[size, stride].</param>
    /// <param name="stride">Floats from row to row of both matrices.</param>
    /// <param name="sign">1 or -1.</param>
    public static void Accumulate(float* x, int rows, int size, float* target, int stride, float sign)
    {
        if (size == 0) return;
        var panels = size / Panel;
        var packed = (float*)NativeMemory.AlignedAlloc((nuint)((long)panels * rows * Panel * sizeof(float)), 64);
        try
        {
            ParallelWork.For(panels, panel =>
            {
                for (var t = 0; t < rows; t++)
                {
                    new ReadOnlySpan<float>(x + ((long)t * stride) + (panel * Panel), Panel)
                        .CopyTo(new Span<float>(packed + (((long)panel * rows) + t) * Panel, Panel));
                }
            });

            // The longest rows first, so that no core is left with them at the end.
            ParallelWork.For(panels, index =>
            {
                var a = panels - 1 - index;
                for (var b = 0; b <= a; b++)
                {
                    for (var row = 0; row < Panel; row += TileRows)
                    {
                        Tile(packed + ((long)a * rows * Panel) + row, packed + ((long)b * rows * Panel), rows, target + (((long)(a * Panel) + row) * stride)
                            + (b * Panel), stride, sign);
                    }
                }
            });
        }
        finally
        {
            NativeMemory.AlignedFree(packed);
        }
    }

    private static void Tile(float* left, float* right, int rows, float* target, int stride, float sign)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (var t = 0; t < rows; t++, left += Panel, right += Panel)
        {
            var (low, high) = (Vector256.Load(right), Vector256.Load(right + 8));
            var factor = Vector256.Create(left[0]);
            (a0, a1) = (Vector256.FusedMultiplyAdd(factor, low, a0), Vector256.FusedMultiplyAdd(factor, high, a1));
            factor = Vector256.Create(left[1]);
            (b0, b1) = (Vector256.FusedMultiplyAdd(factor, low, b0), Vector256.FusedMultiplyAdd(factor, high, b1));
            factor = Vector256.Create(left[2]);
            (c0, c1) = (Vector256.FusedMultiplyAdd(factor, low, c0), Vector256.FusedMultiplyAdd(factor, high, c1));
            factor = Vector256.Create(left[3]);
            (d0, d1) = (Vector256.FusedMultiplyAdd(factor, low, d0), Vector256.FusedMultiplyAdd(factor, high, d1));
        }

        Add(target, a0, a1, sign);
        Add(target + stride, b0, b1, sign);
        Add(target + (2L * stride), c0, c1, sign);
        Add(target + (3L * stride), d0, d1, sign);
    }

    private static void Add(float* target, Vector256<float> low, Vector256<float> high, float sign)
    {
        var factor = Vector256.Create(sign);
        Vector256.FusedMultiplyAdd(factor, low, Vector256.Load(target)).Store(target);
        Vector256.FusedMultiplyAdd(factor, high, Vector256.Load(target + 8)).Store(target + 8);
    }
}
