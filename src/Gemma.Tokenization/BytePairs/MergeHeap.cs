using System.Buffers;

namespace Gemma.Tokenization.BytePairs;

/// <summary>Merges one long word: a linked list of ids and a heap of candidate pairs, entries that are out of date skipped when they come up.</summary>
internal ref struct MergeHeap
{
    private readonly MergeTable _merges;
    private readonly Span<int> _ids;
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int[] _ranks;
    private readonly ulong[] _heap;
    private int _heapCount;

    /// <param name="merges">The merges.</param>
    /// <param name="ids">The word's ids, replaced by the merged ones.</param>
    public MergeHeap(MergeTable merges, Span<int> ids)
    {
        _merges = merges;
        _ids = ids;
        _next = ArrayPool<int>.Shared.Rent(ids.Length);
        _previous = ArrayPool<int>.Shared.Rent(ids.Length);
        _ranks = ArrayPool<int>.Shared.Rent(ids.Length);

        // Each of the n - 1 pairs at the start, and two for each of at most n - 1 merges.
        _heap = ArrayPool<ulong>.Shared.Rent(ids.Length * 3);
    }

    /// <summary>Merges until no pair merges.</summary>
    /// <param name="starts">Where each id begins, kept in step.</param>
    /// <returns>How many ids remain.</returns>
    public int MergeAll(Span<int> starts)
    {
        for (var i = 0; i < _ids.Length; i++)
        {
            _next[i] = i + 1;
            _previous[i] = i - 1;
        }

        for (var i = 0; i < _ids.Length; i++) Offer(i);
        while (_heapCount > 0)
        {
            var entry = Pop();
            var position = (int)(uint)entry;
            var rank = (int)(entry >> 32);

            // A rank names one pair, so an entry is up to date exactly if its place still has the rank.
            if (_ranks[position] != rank) continue;
            var removed = _next[position];
            _ids[position] = _merges.Result(rank);
            _ranks[removed] = MergeTable.NoMerge;
            _next[position] = _next[removed];
            if (_next[position] < _ids.Length) _previous[_next[position]] = position;
            Offer(position);
            if (_previous[position] >= 0) Offer(_previous[position]);
        }

        var count = 0;
        for (var i = 0; i < _ids.Length; i = _next[i])
        {
            _ids[count] = _ids[i];
            starts[count++] = starts[i];
        }

        return count;
    }

    /// <summary>Returns the pooled memory.</summary>
    public readonly void Dispose()
    {
        ArrayPool<int>.Shared.Return(_next);
        ArrayPool<int>.Shared.Return(_previous);
        ArrayPool<int>.Shared.Return(_ranks);
        ArrayPool<ulong>.Shared.Return(_heap);
    }

    private void Offer(int position)
    {
        var next = _next[position];
        var rank = next < _ids.Length ? _merges.Rank(_ids[position], _ids[next]) : MergeTable.NoMerge;
        _ranks[position] = rank;
        if (rank != MergeTable.NoMerge) Push(((ulong)(uint)rank << 32) | (uint)position);
    }

    private void Push(ulong entry)
    {
        var i = _heapCount++;
        while (i > 0)
        {
            var parent = (i - 1) >> 1;
            if (_heap[parent] <= entry) break;
            _heap[i] = _heap[parent];
            i = parent;
        }

        _heap[i] = entry;
    }

    private ulong Pop()
    {
        var top = _heap[0];
        var last = _heap[--_heapCount];
        var i = 0;
        while (true)
        {
            var child = (i * 2) + 1;
            if (child >= _heapCount) break;
            if (child + 1 < _heapCount && _heap[child + 1] < _heap[child]) child++;
            if (_heap[child] >= last) break;
            _heap[i] = _heap[child];
            i = child;
        }

        _heap[i] = last;
        return top;
    }
}
