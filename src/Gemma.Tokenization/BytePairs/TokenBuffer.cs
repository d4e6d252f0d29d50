using System.Buffers;

namespace Gemma.Tokenization.BytePairs;

/// <summary>Collects ids, and where wanted their places in the text, in the caller's memory or in pooled arrays.</summary>
internal ref struct TokenBuffer
{
    private readonly bool _fixed;
    private readonly bool _places;
    private Span<int> _ids;
    private Span<int> _starts;
    private Span<int> _ends;
    private int[]? _pooledIds;
    private int[]? _pooledStarts;
    private int[]? _pooledEnds;

    /// <summary>Collects ids in the caller's memory; what does not fit is counted but not kept.</summary>
    public TokenBuffer(Span<int> destination)
    {
        _ids = destination;
        _fixed = true;
        Limit = destination.Length;
    }

    /// <summary>Collects in pooled memory.</summary>
    /// <param name="capacity">The expected number of ids.</param>
    /// <param name="places">Whether to keep where in the text each id begins and ends.</param>
    /// <param name="limit">Encoding may stop after more ids than this.</param>
    public TokenBuffer(int capacity, bool places, int limit = int.MaxValue)
    {
        _places = places;
        Limit = limit;
        Grow(Math.Max(capacity, 16));
    }

    /// <summary>Encoding may stop after more ids than this.</summary>
    public int Limit { get; }

    /// <summary>Number of ids, including those that did not fit.</summary>
    public int Count { get; private set; }

    /// <summary>Whether encoding may stop.</summary>
    public readonly bool IsBeyondLimit => Count > Limit;

    /// <summary>The ids.</summary>
    public readonly ReadOnlySpan<int> Ids => _ids[..Math.Min(Count, _ids.Length)];

    /// <summary>Where each id's text begins, in UTF-16 units.</summary>
    public readonly ReadOnlySpan<int> Starts => _starts[..Count];

    /// <summary>Where each id's text ends, in UTF-16 units.</summary>
    public readonly ReadOnlySpan<int> Ends => _ends[..Count];

    /// <summary>Adds one id.</summary>
    public void Add(int id, int start, int end)
    {
        if (Count < _ids.Length || TryGrow(1))
        {
            _ids[Count] = id;
            if (_places)
            {
                _starts[Count] = start;
                _ends[Count] = end;
            }
        }

        Count++;
    }

    /// <summary>Adds the ids of a word. Ids with the same start are the bytes of one character.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="starts">Where each begins, in the word.</param>
    /// <param name="offset">Where the word begins.</param>
    /// <param name="length">The word's length.</param>
    public void AddWord(scoped ReadOnlySpan<int> ids, scoped ReadOnlySpan<int> starts, int offset, int length)
    {
        if (Count + ids.Length <= _ids.Length || TryGrow(ids.Length))
        {
            ids.CopyTo(_ids[Count..]);
            if (_places) AddPlaces(starts, offset, length);
        }
        else if (Count < _ids.Length)
        {
            ids[..(_ids.Length - Count)].CopyTo(_ids[Count..]);
        }

        Count += ids.Length;
    }

    /// <summary>Returns the pooled memory.</summary>
    public void Dispose()
    {
        Return(ref _pooledIds);
        Return(ref _pooledStarts);
        Return(ref _pooledEnds);
    }

    private static void Return(ref int[]? array)
    {
        if (array is not null) ArrayPool<int>.Shared.Return(array);
        array = null;
    }

    private static void Grow(ref int[]? array, ref Span<int> span, int capacity, int count)
    {
        var grown = ArrayPool<int>.Shared.Rent(capacity);
        span[..count].CopyTo(grown);
        Return(ref array);
        array = grown;
        span = grown;
    }

    private readonly void AddPlaces(scoped ReadOnlySpan<int> starts, int offset, int length)
    {
        var end = length;
        for (var i = starts.Length - 1; i >= 0; i--)
        {
            if (i + 1 < starts.Length && starts[i + 1] != starts[i]) end = starts[i + 1];
            _starts[Count + i] = offset + starts[i];
            _ends[Count + i] = offset + end;
        }
    }

    private bool TryGrow(int count)
    {
        if (_fixed) return false;
        Grow(Math.Max(_ids.Length * 2, Count + count));
        return true;
    }

    private void Grow(int capacity)
    {
        Grow(ref _pooledIds, ref _ids, capacity, Count);
        if (!_places) return;
        Grow(ref _pooledStarts, ref _starts, capacity, Count);
        Grow(ref _pooledEnds, ref _ends, capacity, Count);
        _ids = _ids[..Math.Min(_ids.Length, Math.Min(_starts.Length, _ends.Length))];
    }
}
