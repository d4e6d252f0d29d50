using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Counts the least likely tokens whose probabilities add up to no more than a limit, without sorting all of them.</summary>
internal static class ProbabilityTail
{
    private const int Block = 4096;
    private const int SortLimit = 2048;
    private const float LikelySpan = 30;

    /// <summary>Counts in ascending probabilities.</summary>
    /// <param name="ascending">Probabilities.</param>
    /// <param name="limit">What they may add up to.</param>
    /// <param name="before">What even smaller ones add up to.</param>
    public static int Count(ReadOnlySpan<float> ascending, float limit, double before)
    {
        var count = 0;
        var sum = before;
        while (count < ascending.Length && (float)(sum += ascending[count]) <= limit) count++;
        return count;
    }

    /// <summary>Counts in unsorted probabilities.</summary>
    /// <param name="scores">Scores, in the order of the probabilities.</param>
    /// <param name="probabilities">Their softmax.</param>
    /// <param name="limit">What the counted ones may add up to.</param>
    public static int CountWithin(ReadOnlySpan<float> scores, ReadOnlySpan<float> probabilities, float limit)
    {
        // Everything below low counts, nothing from high on does; halve what lies between until it can be sorted.
        var max = TensorPrimitives.Max(scores);
        var (low, high) = (max - LikelySpan, MathF.BitIncrement(max));
        var (below, mass) = Below(scores, probabilities, low);
        if (mass > limit) (low, high, below, mass) = (float.MinValue, low, 0, 0);
        if (low == float.MinValue) (below, mass) = Below(scores, probabilities, low);
        var belowHigh = Below(scores, probabilities, high).Count;
        while (belowHigh - below > SortLimit)
        {
            var middle = low + ((high - low) / 2);
            if (middle <= low || middle >= high) return below + CountEqual(scores, probabilities, low, belowHigh - below, limit - mass);
            var (count, sum) = Below(scores, probabilities, middle);
            if (sum > limit) (high, belowHigh) = (middle, count);
            else (low, below, mass) = (middle, count, sum);
        }

        Span<float> between = stackalloc float[SortLimit];
        between = between[..Collect(scores, probabilities, low, high, between)];
        between.Sort();
        return below + Count(between, limit, mass);
    }

    private static int CountEqual(ReadOnlySpan<float> scores, ReadOnlySpan<float> probabilities, float score, int count, double room)
    {
        var each = probabilities[scores.IndexOf(score)];
        return each > 0 ? (int)Math.Min(count, room / each) : count;
    }

    private static int Collect(ReadOnlySpan<float> scores, ReadOnlySpan<float> probabilities, float low, float high, Span<float> found)
    {
        var count = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] >= low && scores[i] < high) found[count++] = probabilities[i];
        }

        return count;
    }

    private static (int Count, double Mass) Below(ReadOnlySpan<float> scores, ReadOnlySpan<float> probabilities, float threshold)
    {
        var limit = new Vector<float>(threshold);
        var count = 0;
        var mass = 0.0;
        for (var start = 0; start < scores.Length; start += Block)
        {
            var length = Math.Min(Block, scores.Length - start);
            var s = scores.Slice(start, length);
            var p = probabilities.Slice(start, length);
            var vs = MemoryMarshal.Cast<float, Vector<float>>(s);
            var vp = MemoryMarshal.Cast<float, Vector<float>>(p);
            var (counts, sums) = (Vector<int>.Zero, Vector<float>.Zero);
            for (var i = 0; i < vs.Length; i++)
            {
                var mask = Vector.LessThan(vs[i], limit);
                counts -= mask;
                sums += Vector.ConditionalSelect(mask, vp[i], Vector<float>.Zero);
            }

            count += Vector.Sum(counts);
            mass += Vector.Sum(sums);
            for (var i = vs.Length * Vector<float>.Count; i < s.Length; i++)
            {
                if (s[i] >= threshold) continue;
                count++;
                mass += p[i];
            }
        }

        return (count, mass);
    }
}
