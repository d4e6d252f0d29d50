using System.Numerics.Tensors;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Softmax and log-softmax in float32, with the greatest value subtracted first and the sum in double.</summary>
internal static class Softmax
{
    private const int Block = 1024;

    /// <summary>Writes the probabilities of scores.</summary>
    public static void Compute(ReadOnlySpan<float> scores, Span<float> probabilities)
    {
        var sum = Exponentials(scores, probabilities);
        TensorPrimitives.Multiply(probabilities, (float)(1 / sum), probabilities);
    }

    /// <summary>Turns scores into log-probabilities in place.</summary>
    /// <param name="scores">What is replaced.</param>
    /// <param name="scratch">At least as long.</param>
    public static void Log(Span<float> scores, Span<float> scratch) => TensorPrimitives.Subtract(scores, (float)LogSumExp(scores, scratch), scores);

    /// <summary>The logarithm of the sum of exponentials.</summary>
    public static double LogSumExp(ReadOnlySpan<float> scores, Span<float> scratch) =>
        TensorPrimitives.Max(scores) + Math.Log(Exponentials(scores, scratch[..scores.Length]));

    private static double Exponentials(ReadOnlySpan<float> scores, Span<float> exponentials)
    {
        var max = TensorPrimitives.Max(scores);
        var sum = 0.0;

        // In blocks, so that each step works on data in the nearest cache, and float sums stay short.
        for (var start = 0; start < scores.Length; start += Block)
        {
            var count = Math.Min(Block, scores.Length - start);
            var part = exponentials.Slice(start, count);
            TensorPrimitives.Subtract(scores.Slice(start, count), max, part);
            TensorPrimitives.Exp<float>(part, part);
            sum += TensorPrimitives.Sum<float>(part);
        }

        return sum;
    }
}
