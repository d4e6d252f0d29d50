using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gemma.Tokenization.BytePairs;

/// <summary>The merges of a byte-pair encoding: the rank and the result of a pair of ids. Filled by one loader, then only read.</summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge; greater than any rank.</summary>
    public const int NoMerge = MaxMerges;

    /// <summary>The most merges of a file.</summary>
    public const int MaxMerges = (1 << RankBits) - 1;

    private const int IdBits = 20;
    private const int RankBits = 24;
    private const ulong Empty = ulong.MaxValue;

    private readonly List<int> _results;

    // left id, right id and rank in one number; a power of two, at most half full.
    private ulong[] _slots;
    private int _shift;
    private int _used;

    /// <param name="expected">How many merges are about to come.</param>
    public MergeTable(int expected = 0)
    {
        expected = Math.Clamp(expected, 256, MaxMerges);
        _results = new List<int>(expected);
        _slots = CreateSlots((int)BitOperations.RoundUpToPowerOf2((uint)expected * 2));
        _shift = 64 - BitOperations.Log2((uint)_slots.Length);
    }

    /// <summary>Number of merges; the next rank.</summary>
    public int Count => _results.Count;

    /// <summary>The id that the merge of a rank gives.</summary>
    public int Result(int rank) => _results[rank];

    /// <summary>Adds the next merges, which in one loop takes less time: the processor asks memory for several slots at once.</summary>
    /// <exception cref="FormatException">There are more merges than a rank can count.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddRange(ReadOnlySpan<(int Left, int Right, int Result)> merges)
    {
        foreach (var (left, right, result) in merges) Add(left, right, result);
    }

    /// <summary>Adds the next merge. A pair that is there already takes the new rank.</summary>
    /// <exception cref="FormatException">There are more merges than a rank can count.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int left, int right, int result)
    {
        if (Count == MaxMerges) throw TooMany();
        if ((_used + 1) * 2 > _slots.Length) Grow();
        var key = Key(left, right);
        var slot = Probe(key);
        if (_slots[slot] == Empty) _used++;
        _slots[slot] = (key << RankBits) | (uint)Count;
        _results.Add(result);
    }

    /// <summary>Whether a merge gives one of some ids.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool CanGive(bool[] ids)
    {
        foreach (var result in CollectionsMarshal.AsSpan(_results))
        {
            if (ids[result]) return true;
        }

        return false;
    }

    /// <summary>A copy without the merges that give some ids.</summary>
    public MergeTable Without(bool[] ids)
    {
        var copy = new MergeTable(Count);
        copy._results.AddRange(_results);
        foreach (var entry in _slots)
        {
            if (entry == Empty || ids[_results[(int)(entry & MaxMerges)]]) continue;
            copy._slots[copy.Probe(entry >> RankBits)] = entry;
            copy._used++;
        }

        return copy;
    }

    /// <summary>The pairs in the order of their ranks.</summary>
    public IEnumerable<(int Left, int Right)> Pairs()
    {
        var keys = new ulong[Count];
        Array.Fill(keys, Empty);
        foreach (var entry in _slots)
        {
            if (entry != Empty) keys[(int)(entry & MaxMerges)] = entry >> RankBits;
        }

        // A pair that was there twice has the later rank only.
        return keys.Where(key => key != Empty).Select(key => ((int)(key >> IdBits), (int)key & ((1 << IdBits) - 1)));
    }

    /// <summary>Whether there is a pair whose left id is not in one set and whose right id is in another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool HasPair(bool[] leftNotIn, bool[] rightIn)
    {
        foreach (var entry in _slots)
        {
            if (entry != Empty && rightIn[(int)(entry >> RankBits) & ((1 << IdBits) - 1)] && !leftNotIn[(int)(entry >> (RankBits + IdBits))]) return true;
        }

        return false;
    }

    /// <summary>The rank of a pair, or <see cref="NoMerge"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Rank(int left, int right)
    {
        // An empty slot's lower bits read as NoMerge.
        var key = Key(left, right);
        return (int)(Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_slots), Probe(key)) & MaxMerges);
    }

    /// <summary>The error of a file with more merges than a rank can count.</summary>
    public static FormatException TooMany() => new($"there are more than {MaxMerges} merges");

    private static ulong[] CreateSlots(int length)
    {
        var slots = new ulong[length];
        Array.Fill(slots, Empty);
        return slots;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << IdBits) | (uint)right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Probe(ulong key)
    {
        ref var slots = ref MemoryMarshal.GetArrayDataReference(_slots);
        var mask = _slots.Length - 1;
        var slot = (int)((key * 0x9E3779B97F4A7C15) >> _shift);
        while (true)
        {
            var entry = Unsafe.Add(ref slots, slot);
            if (entry >> RankBits == key || entry == Empty) return slot;
            slot = (slot + 1) & mask;
        }
    }

    private void Grow()
    {
        var old = _slots;
        _slots = CreateSlots(old.Length * 2);
        _shift = 64 - BitOperations.Log2((uint)_slots.Length);
        foreach (var entry in old)
        {
            if (entry != Empty) _slots[Probe(entry >> RankBits)] = entry;
        }
    }
}
