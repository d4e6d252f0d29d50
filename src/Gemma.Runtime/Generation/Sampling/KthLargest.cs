using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Finds the k-th largest of many numbers without sorting them.</summary>
internal static class KthLargest
{
    private const int MaxHeap = 256;

    /// <summary>The value such that k of the values are at least as large; k is at least 1 and at most their number.</summary>
    public static float Find(ReadOnlySpan<float> values, int k) => k <= MaxHeap ? ByHeap(values, k) : ByBisection(values, k);

    // A heap of the k best so far, the least on top. Almost all values are below that one, and are passed over a vector at a time.
    private static float ByHeap(ReadOnlySpan<float> values, int k)
    {
        Span<float> heap = stackalloc float[MaxHeap];
        heap = heap[..k];
        values[..k].CopyTo(heap);
        heap.Sort();
        ref var first = ref MemoryMarshal.GetReference(values);
        var i = k;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            if (!Vector.GreaterThanAny(Unsafe.As<float, Vector<float>>(ref Unsafe.Add(ref first, i)), new Vector<float>(heap[0]))) continue;
            for (var j = i; j < i + Vector<float>.Count; j++)
            {
                if (values[j] > heap[0]) ReplaceLeast(heap, values[j]);
            }
        }

        for (; i < values.Length; i++)
        {
            if (values[i] > heap[0]) ReplaceLeast(heap, values[i]);
        }

        return heap[0];
    }

    private static void ReplaceLeast(Span<float> heap, float value)
    {
        var parent = 0;
        for (var child = 1; child < heap.Length; child = (2 * parent) + 1)
        {
            if (child + 1 < heap.Length && heap[child + 1] < heap[child]) child++;
            if (heap[child] >= value) break;
            heap[parent] = heap[child];
            parent = child;
        }

        heap[parent] = value;
    }

    // Halves the range of bit patterns: at most 32 passes, whatever the values.
    private static float ByBisection(ReadOnlySpan<float> values, int k)
    {
        long low = OrderedBits.From(float.NegativeInfinity), high = OrderedBits.From(float.PositiveInfinity);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (CountAtLeast(values, OrderedBits.ToSingle((int)middle)) >= k) low = middle;
            else high = middle - 1;
        }

        return OrderedBits.ToSingle((int)low);
    }

    private static int CountAtLeast(ReadOnlySpan<float> values, float threshold)
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        var limit = new Vector<float>(threshold);
        var counts = Vector<int>.Zero;
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            counts -= Vector.GreaterThanOrEqual(Unsafe.As<float, Vector<float>>(ref Unsafe.Add(ref first, i)), limit);
        var count = Vector.Sum(counts);
        for (; i < values.Length; i++) count += values[i] >= threshold ? 1 : 0;
        return count;
    }
}
