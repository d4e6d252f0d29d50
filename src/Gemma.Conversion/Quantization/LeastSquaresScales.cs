using System.Runtime.Intrinsics;

namespace Gemma.Conversion.Quantization;

/// <summary>
/// Searches the scale and zero point of least squared error: eight blocks at once, one per lane. For integers a = q - zero the best scale is Σaw / Σa²,
/// and the error falls by (Σaw)² / Σa²; candidates differ in the integers that they round to.
/// </summary>
internal static class LeastSquaresScales
{
    // Candidates per direction, and the factors on the scale that covers the whole range: below 1 outliers are cut.
    private const int Candidates = 20;
    private const float LargestFactor = 1.08f;
    private const float SmallestFactor = 0.65f;
    private const float SmallestFactor8Bit = 0.95f;
    private const int Refinements = 2;

    /// <summary>Finds the scales of eight blocks.</summary>
    /// <param name="block">Weights, [block size] × eight blocks.</param>
    /// <param name="format">The integers' format.</param>
    /// <param name="scratch">Room for as many values.</param>
    /// <param name="importance">What a squared error costs at each position, or empty: the same everywhere.</param>
    public static BlockScales Find(ReadOnlySpan<Vector256<float>> block, QuantizationFormat format, Span<Vector256<float>> scratch,
        ReadOnlySpan<float> importance = default)
    {
        // Squares of very large or very small weights must neither overflow nor vanish.
        var (minimum, maximum) = ExtremeScales.Range(block);
        var magnitude = Vector256.MaxNative(-minimum, maximum);
        var inverse = ExtremeScales.Inverse(magnitude);
        var values = scratch[..block.Length];
        for (var i = 0; i < block.Length; i++) values[i] = block[i] * inverse;
        var best = format.ZeroPoints
            ? Asymmetric(values, importance, format, minimum * inverse, maximum * inverse)
            : Symmetric(values, importance, format, ExtremeScales.Extreme(minimum, maximum) * inverse);
        for (var i = 0; i < Refinements; i++) best.Try(values, importance, format, ExtremeScales.Inverse(best.Scale), best.Zero);
        return new BlockScales(best.Scale * magnitude, best.Zero);
    }

    // The extreme may become the lowest integer or, with the other sign, the highest.
    private static Best Symmetric(ReadOnlySpan<Vector256<float>> values, ReadOnlySpan<float> importance, QuantizationFormat format, Vector256<float> extreme)
    {
        var best = new Best();
        var zero = Vector256.Create((float)format.Middle);
        best.TryAll(values, importance, format, extreme * Vector256.Create(-(float)format.Middle), zero);
        best.TryAll(values, importance, format, extreme * Vector256.Create(format.Middle - 1f), zero);
        return best;
    }

    private static Best Asymmetric(ReadOnlySpan<Vector256<float>> values, ReadOnlySpan<float> importance, QuantizationFormat format, Vector256<float> minimum,
        Vector256<float> maximum)
    {
        var best = new Best();
        var inverse = Vector256.Create((float)format.Top) * ExtremeScales.Inverse(maximum - minimum);
        var natural = Vector256.Floor(-minimum * inverse);
        for (var offset = -1; offset <= 2; offset++)
        {
            var zero = Vector256.Clamp(natural + Vector256.Create((float)offset), Vector256<float>.Zero, Vector256.Create((float)format.Top));
            best.TryAll(values, importance, format, inverse, zero);
        }

        return best;
    }

    private struct Best
    {
        private Vector256<float> _gain;

        public Vector256<float> Scale { get; private set; }

        public Vector256<float> Zero { get; private set; }

        /// <summary>Tries scales around the one whose inverse is given.</summary>
        public void TryAll(ReadOnlySpan<Vector256<float>> values, ReadOnlySpan<float> importance, QuantizationFormat format, Vector256<float> inverse,
            Vector256<float> zero)
        {
            Try(values, importance, format, inverse, zero);
            var smallest = format.Bits == 8 ? SmallestFactor8Bit : SmallestFactor;
            for (var i = 0; i < Candidates; i++)
                Try(values, importance, format, inverse / Vector256.Create(LargestFactor - ((LargestFactor - smallest) * i / (Candidates - 1))), zero);
        }

        public void Try(ReadOnlySpan<Vector256<float>> values, ReadOnlySpan<float> importance, QuantizationFormat format, Vector256<float> inverse,
            Vector256<float> zero)
        {
            var (low, high) = (-zero, Vector256.Create((float)format.Top) - zero);
            var (products, squares) = (Vector256<float>.Zero, Vector256<float>.Zero);
            if (importance.IsEmpty)
            {
                foreach (var value in values)
                {
                    var integer = Vector256.MinNative(Vector256.MaxNative(Vector256.Round(value * inverse), low), high);
                    products = Vector256.FusedMultiplyAdd(integer, value, products);
                    squares = Vector256.FusedMultiplyAdd(integer, integer, squares);
                }
            }
            else
            {
                for (var i = 0; i < importance.Length; i++)
                {
                    var integer = Vector256.MinNative(Vector256.MaxNative(Vector256.Round(values[i] * inverse), low), high);
                    var weighted = integer * Vector256.Create(importance[i]);
                    products = Vector256.FusedMultiplyAdd(weighted, values[i], products);
                    squares = Vector256.FusedMultiplyAdd(weighted, integer, squares);
                }
            }

            var scale = products * ExtremeScales.Inverse(squares);
            var gain = products * scale;
            var better = Vector256.GreaterThan(gain, _gain);
            _gain = Vector256.ConditionalSelect(better, gain, _gain);
            Scale = Vector256.ConditionalSelect(better, scale, Scale);
            Zero = Vector256.ConditionalSelect(better, zero, Zero);
        }
    }
}
