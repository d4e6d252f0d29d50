using System.Runtime.Intrinsics;

namespace Gemma.Conversion.Quantization;

/// <summary>Scales by the largest magnitude: eight blocks at once, one per lane.</summary>
internal static class ExtremeScales
{
    /// <summary>
    /// Symmetric: the value of largest magnitude, with its sign, becomes the lowest integer. With zero points: the range from minimum to maximum is covered.
    /// </summary>
    /// <param name="block">Weights, [block size] × eight blocks.</param>
    /// <param name="format">The integers' format.</param>
    public static BlockScales Find(ReadOnlySpan<Vector256<float>> block, QuantizationFormat format)
    {
        var (minimum, maximum) = Range(block);
        if (!format.ZeroPoints)
            return new BlockScales(Extreme(minimum, maximum) / Vector256.Create(-(float)format.Middle), Vector256.Create((float)format.Middle));
        var scale = (maximum - minimum) / Vector256.Create((float)format.Top);
        return new BlockScales(scale, Vector256.Round(-minimum * Inverse(scale)));
    }

    /// <summary>The smallest and the largest value of each block; both ranges contain 0.</summary>
    public static (Vector256<float> Minimum, Vector256<float> Maximum) Range(ReadOnlySpan<Vector256<float>> block)
    {
        var (minimum, maximum) = (Vector256<float>.Zero, Vector256<float>.Zero);
        foreach (var values in block) (minimum, maximum) = (Vector256.MinNative(minimum, values), Vector256.MaxNative(maximum, values));
        return (minimum, maximum);
    }

    /// <summary>The value of largest magnitude, with its sign.</summary>
    public static Vector256<float> Extreme(Vector256<float> minimum, Vector256<float> maximum) =>
        Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(-minimum, maximum), minimum, maximum);

    /// <summary>1 / value, and 0 where that has no finite result.</summary>
    public static Vector256<float> Inverse(Vector256<float> value)
    {
        var inverse = Vector256<float>.One / value;
        return Vector256.ConditionalSelect(Vector256.LessThan(Vector256.Abs(inverse), Vector256.Create(float.PositiveInfinity)), inverse,
            Vector256<float>.Zero);
    }
}
