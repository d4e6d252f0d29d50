using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>
/// The scores of one step: those of the whole vocabulary until a truncation leaves some candidates, then only theirs, in the order of their ids.
/// A token that is no candidate has what transformers gives it, negative infinity.
/// </summary>
internal sealed class TokenScores(int vocabularySize)
{
    private readonly float[] _values = new float[vocabularySize];
    private float[] _scratch = [];
    private int[] _ids = [];
    private int[] _order = [];
    private bool _truncated;

    public int VocabularySize => _values.Length;

    /// <summary>The number of candidates.</summary>
    public int Count { get; private set; } = vocabularySize;

    /// <summary>The candidates' scores; indexed by token before any truncation.</summary>
    public Span<float> Values => _values.AsSpan(0, Count);

    /// <summary>The token of a candidate.</summary>
    public int TokenAt(int index) => _truncated ? _ids[index] : index;

    public void Load(ReadOnlySpan<float> logits)
    {
        logits.CopyTo(_values);
        Count = _values.Length;
        _truncated = false;
    }

    /// <summary>Excludes a token, before any truncation.</summary>
    public void Exclude(int token)
    {
        if ((uint)token < (uint)_values.Length) _values[token] = float.NegativeInfinity;
    }

    /// <summary>Excludes all tokens, before any truncation.</summary>
    public void ExcludeAll() => _values.AsSpan().Fill(float.NegativeInfinity);

    /// <summary>The candidates' probabilities; valid until the next call of any method.</summary>
    public Span<float> Probabilities()
    {
        var probabilities = Scratch();
        Softmax.Compute(Values, probabilities);
        return probabilities;
    }

    /// <summary>As many numbers as there are candidates; valid until the next call of any method.</summary>
    public Span<float> Scratch()
    {
        if (_scratch.Length < Count) _scratch = new float[Count];
        return _scratch.AsSpan(0, Count);
    }

    /// <summary>The candidates' indices in the order of ascending keys, which are sorted with them; equal keys stay in the order of their ids.</summary>
    public Span<int> SortAscending(Span<float> keys)
    {
        if (_order.Length < Count) _order = new int[Count];
        var order = _order.AsSpan(0, Count);
        for (var i = 0; i < order.Length; i++) order[i] = i;
        keys.Sort(order);

        // The sort is not stable.
        for (var start = 0; start < order.Length;)
        {
            var end = start + 1;
            while (end < order.Length && keys[end] == keys[start]) end++;
            if (end - start > 1) order[start..end].Sort();
            start = end;
        }

        return order;
    }

    /// <summary>Keeps the candidates whose key is at least a threshold.</summary>
    public void KeepAtLeast(ReadOnlySpan<float> keys, float threshold)
    {
        EnsureIds();
        ref var key = ref MemoryMarshal.GetReference(keys);
        var limit = new Vector<float>(threshold);
        int kept = 0, i = 0;
        for (; i <= keys.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            if (!Vector.GreaterThanOrEqualAny(Unsafe.As<float, Vector<float>>(ref Unsafe.Add(ref key, i)), limit)) continue;
            for (var j = i; j < i + Vector<float>.Count; j++)
            {
                if (keys[j] >= threshold) Move(j, kept++);
            }
        }

        for (; i < keys.Length; i++)
        {
            if (keys[i] >= threshold) Move(i, kept++);
        }

        Truncate(kept);
    }

    /// <summary>Keeps exactly the given number of best candidates; of equals those with the lowest ids.</summary>
    public void KeepBest(int count)
    {
        if (count >= Count) return;
        var threshold = KthLargest.Find(Values, count);
        KeepAtLeast(Values, threshold);
        for (var i = Count - 1; Count > count; i--)
        {
            if (_values[i] == threshold) RemoveAt(i);
        }
    }

    /// <summary>Keeps the candidates at the given indices.</summary>
    /// <param name="indices">In any order; sorted by the call.</param>
    public void Keep(Span<int> indices)
    {
        EnsureIds();
        indices.Sort();
        for (var i = 0; i < indices.Length; i++) Move(indices[i], i);
        Truncate(indices.Length);
    }

    /// <summary>The candidate with the best score; the first of equals.</summary>
    /// <exception cref="GemmaException">There is none, or a score is no number.</exception>
    public int IndexOfBest()
    {
        var best = Count == 0 ? -1 : TensorPrimitives.IndexOfMax<float>(Values);
        if (best < 0 || float.IsNegativeInfinity(_values[best]))
            throw new InvalidGenerationConfigException("The options exclude every token of the vocabulary; relax them.");
        return float.IsNaN(_values[best]) ? throw NotNumbers() : best;
    }

    public static GemmaException NotNumbers() => new("The model's scores are not numbers; use a package of higher precision, or set remove_invalid_values.");

    private void EnsureIds()
    {
        if (_ids.Length == 0) _ids = new int[_values.Length];
    }

    private void Move(int from, int to)
    {
        _ids[to] = _truncated ? _ids[from] : from;
        _values[to] = _values[from];
    }

    private void RemoveAt(int index)
    {
        Count--;
        _values.AsSpan(index + 1, Count - index).CopyTo(_values.AsSpan(index));
        _ids.AsSpan(index + 1, Count - index).CopyTo(_ids.AsSpan(index));
    }

    private void Truncate(int kept)
    {
        Count = kept;
        _truncated = true;
    }
}
