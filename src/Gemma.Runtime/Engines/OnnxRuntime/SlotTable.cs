namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>
/// Which sequence sits in which slot of the arena, when the arena grows and shrinks, and how the sequences of a run are brought into neighbouring slots.
/// </summary>
/// <param name="arena">The slots.</param>
/// <param name="maxSlots">The most of them.</param>
/// <param name="budget">How large the arena may be.</param>
/// <param name="reserves">Whether a sparse arena has all its slots at full length at once.</param>
internal sealed class SlotTable(KeyValueArena arena, int maxSlots, CacheBudget budget, bool reserves)
{
    private OnnxRuntimeSequence?[] _slots = [];

    /// <summary>Lets the caches of sliding-window layers drop what a run of so many tokens does not see, where they would overflow.</summary>
    /// <remarks>All tokens of a run count: should it fail, the sequence goes on from its former length.</remarks>
    public void Slide(OnnxRuntimeSequence sequence, int tokens)
    {
        if (budget.Windows is not { } windows || sequence.Slot < 0) return;
        var count = windows.Drop(sequence.Length, sequence.Dropped, tokens) - sequence.Dropped;
        if (count == 0) return;
        arena.Drop(sequence.Slot, count, sequence.Length - sequence.Dropped - count);
        sequence.Dropped += count;
    }

    /// <summary>Makes room for a sequence to have so many rows in a pass, and gives it a slot.</summary>
    public void Place(OnnxRuntimeSequence sequence, CacheRows rows)
    {
        var counted = budget.Rounded(rows);
        var free = sequence.Slot < 0 ? Array.IndexOf(_slots, null) : sequence.Slot;
        if (arena.BytesWith(free, counted) > budget.Bytes) MakeRoom(sequence, rows);
        if (free < 0 || !rows.Fit(arena.Capacity))
        {
            Grow(sequence, rows);
            if (sequence.Slot < 0) free = Array.IndexOf(_slots, null);
        }

        if (sequence.Slot < 0)
        {
            sequence.Slot = free;
            _slots[free] = sequence;
        }

        sequence.Placed = rows;
        arena.Use(sequence.Slot, counted);
    }

    /// <summary>What all sequences need after a batch whose rows are not padded, in bytes.</summary>
    public long NeededAfter(ReadOnlySpan<EngineInput> batch)
    {
        var needed = Needed();
        foreach (ref readonly var input in batch)
        {
            var sequence = (OnnxRuntimeSequence)input.Sequence;
            needed += Bytes(sequence.RowsFor(sequence.Length + input.Tokens.Length)) - Bytes(sequence.Room);
        }

        return needed;
    }

    /// <summary>What a prompt takes besides, once it is padded, in bytes.</summary>
    public long Padding(int tokens, int padded) => Bytes(new CacheRows(padded, padded)) - Bytes(new CacheRows(tokens, tokens));

    /// <summary>Whether all sequences may need so many bytes; always, if each takes what the longest does.</summary>
    public bool Holds(long bytes) => !arena.IsSparse || bytes <= budget.Bytes;

    /// <summary>Copies the first rows of a sequence into one that has none.</summary>
    public void Copy(OnnxRuntimeSequence source, OnnxRuntimeSequence target, CacheRows rows)
    {
        Place(target, rows);
        target.Placed = default;
        arena.Copy(source.Slot, target.Slot, rows);
    }

    public void Remove(OnnxRuntimeSequence sequence)
    {
        if (sequence.Slot >= 0) _slots[sequence.Slot] = null;
        sequence.Slot = -1;
    }

    /// <summary>Gives back what no sequence needs; without sparse memory only if that is at least half, because the rest is copied.</summary>
    public void Trim()
    {
        if (arena.Slots == 0) return;
        var (used, longest) = (Used(), Longest());
        if (used > 0 && arena.IsSparse)
        {
            Release();
            return;
        }

        var capacity = used == 0 ? default : budget.Rows(budget.Bucket(longest.All), longest);
        if (2 * arena.BytesOf(used, capacity) <= arena.BytesOf(arena.Slots, arena.Capacity)) Resize(used, capacity);
    }

    /// <summary>Moves the given sequences into neighbouring slots, with as few rows to copy as possible, and returns the first of these slots.</summary>
    public int Gather(ReadOnlySpan<OnnxRuntimeSequence> members)
    {
        Span<bool> isMember = stackalloc bool[_slots.Length];
        isMember.Clear();
        foreach (var member in members) isMember[member.Slot] = true;

        // Rows of others that would have to leave, and of members that would have to come.
        Span<long> gains = stackalloc long[_slots.Length + 1];
        gains[0] = 0;
        for (var i = 0; i < _slots.Length; i++)
            gains[i + 1] = gains[i] + (_slots[i] is not { } sequence ? 0 : isMember[i] ? sequence.Extent.All + 1L : -sequence.Extent.All - 1L);
        var best = 0;
        for (var start = 1; start + members.Length <= _slots.Length; start++)
        {
            if (gains[start + members.Length] - gains[start] > gains[best + members.Length] - gains[best]) best = start;
        }

        var hole = best;
        foreach (var member in members)
        {
            if (member.Slot >= best && member.Slot < best + members.Length) continue;
            while (isMember[hole]) hole++;
            Exchange(member, hole++);
        }

        return best;
    }

    private void Exchange(OnnxRuntimeSequence member, int slot)
    {
        var (old, other) = (member.Slot, _slots[slot]);
        var (room, otherRoom) = (budget.Rounded(member.Room), budget.Rounded(other?.Room ?? default));
        var fits = arena.BytesWith(slot, room) + arena.BytesWith(old, otherRoom) - arena.Bytes <= budget.Bytes;
        if (fits)
        {
            arena.Use(slot, room);
            arena.Use(old, otherRoom);
        }

        arena.Swap(old, slot, member.Extent, other?.Extent ?? default, fits ? null : (otherRoom, room));
        _slots[old] = other;
        if (other is not null) other.Slot = old;
        _slots[slot] = member;
        member.Slot = slot;
    }

    // What other sequences left in their slots goes, if that is enough.
    private void MakeRoom(OnnxRuntimeSequence sequence, CacheRows rows)
    {
        var needed = Needed() - Bytes(sequence.Room) + Bytes(rows.Max(sequence.Room));
        if (needed > budget.Bytes) throw TooMuch($"The key-value cache of {Used(sequence)} sequences, one of them of {rows.All} tokens,", needed);
        Release();
    }

    private void Release()
    {
        for (var slot = 0; slot < _slots.Length; slot++) arena.Release(slot, budget.Rounded(_slots[slot]?.Room ?? default));
    }

    // All there can be where memory is sparse; else with room for more where the budget has it, exactly what is needed where it has not.
    private void Grow(OnnxRuntimeSequence sequence, CacheRows rows)
    {
        var used = Used(sequence);
        if (used > maxSlots) throw new EngineException($"All {maxSlots} sequences of the engine are in use; dispose one or raise the limit.");
        rows = rows.Max(Longest());
        var slots = used > _slots.Length ? Math.Min(maxSlots, Math.Max(1, _slots.Length * 2)) : _slots.Length;
        var exact = budget.Rounded(rows);
        var roomy = budget.Rows(rows.All > arena.Capacity.All ? budget.Bucket(rows.All) : arena.Capacity.All, rows);
        List<(int, CacheRows)> ways = [(slots, roomy), (used, budget.Rows(budget.Bucket(rows.All), rows)), (used, exact)];
        if (arena.IsSparse && reserves) ways.Insert(0, (maxSlots, budget.Rows(Math.Max(exact.All, budget.LongestSequence), rows)));
        EngineException? failure = null;
        foreach (var (count, capacity) in ways)
        {
            if (!arena.IsSparse && arena.BytesOf(count, capacity) > budget.Bytes) continue;
            try
            {
                Resize(count, capacity);
                return;
            }
            catch (EngineException e)
            {
                // Addresses may be limited, too.
                failure = e;
            }
        }

        throw failure ?? TooMuch($"The key-value cache of {used} sequences of up to {rows.All} tokens", arena.BytesOf(used, exact));
    }

    private EngineException TooMuch(string what, long needed) =>
        new($"{what} needs {needed} bytes, but its budget is {budget.Bytes}; run fewer at a time or raise the budget.");

    private int Used(OnnxRuntimeSequence? with = null) => _slots.Count(sequence => sequence is not null) + (with?.Slot < 0 ? 1 : 0);

    private CacheRows Longest()
    {
        var longest = default(CacheRows);
        foreach (var sequence in _slots) longest = longest.Max(sequence?.Room ?? default);
        return longest;
    }

    private long Needed()
    {
        var bytes = 0L;
        foreach (var sequence in _slots) bytes += Bytes(sequence?.Room ?? default);
        return bytes;
    }

    private long Bytes(CacheRows rows) => arena.BytesOf(1, budget.Rounded(rows));

    private void Resize(int slots, CacheRows capacity)
    {
        var old = _slots;
        var fresh = new OnnxRuntimeSequence?[slots];
        Span<int> target = stackalloc int[old.Length];
        Span<CacheRows> kept = stackalloc CacheRows[old.Length];
        var next = 0;
        for (var i = 0; i < old.Length; i++)
        {
            // Only an arena that loses slots changes their order.
            target[i] = slots >= old.Length ? i : next;
            kept[i] = old[i]?.Extent ?? default;
            if (old[i] is null) continue;
            fresh[target[i]] = old[i];
            next++;
        }

        arena.Resize(slots, capacity, target, kept);
        _slots = fresh;
        for (var i = 0; i < fresh.Length; i++)
        {
            if (fresh[i] is not { } sequence) continue;
            sequence.Slot = i;
            arena.Use(i, budget.Rounded(sequence.Room));
        }
    }
}
