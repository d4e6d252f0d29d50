namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>
/// Which sequence sits in which slot of the arena, when the arena grows and shrinks, and how the sequences of a run are brought into neighbouring slots.
/// </summary>
internal sealed class SlotTable(KeyValueArena arena, int maxSlots, CacheBudget budget)
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

    /// <summary>Makes room for a sequence to have so many rows and gives it a slot.</summary>
    public void Place(OnnxRuntimeSequence sequence, CacheRows rows)
    {
        var free = sequence.Slot < 0 ? Array.IndexOf(_slots, null) : sequence.Slot;
        if (free < 0 || !rows.Fit(arena.Capacity))
        {
            Grow(sequence, rows);
            if (sequence.Slot < 0) free = Array.IndexOf(_slots, null);
        }

        if (sequence.Slot >= 0) return;
        sequence.Slot = free;
        _slots[free] = sequence;
    }

    public void Remove(OnnxRuntimeSequence sequence)
    {
        if (sequence.Slot >= 0) _slots[sequence.Slot] = null;
        sequence.Slot = -1;
    }

    /// <summary>Gives back what no sequence needs, if that is at least half.</summary>
    public void Trim()
    {
        var (used, longest) = Usage();
        var capacity = used == 0 ? default : budget.Rows(budget.Bucket(longest.All), longest);
        if (2 * arena.BytesOf(used, capacity) <= arena.Bytes && arena.Slots > 0) Resize(used, capacity);
    }

    /// <summary>Moves the given sequences into neighbouring slots with as few copies as possible, and returns the first of these slots.</summary>
    public int Gather(ReadOnlySpan<OnnxRuntimeSequence> members)
    {
        Span<bool> isMember = stackalloc bool[_slots.Length];
        isMember.Clear();
        foreach (var member in members) isMember[member.Slot] = true;
        int best = 0, bestCount = -1;
        for (var start = 0; start + members.Length <= _slots.Length; start++)
        {
            var count = isMember.Slice(start, members.Length).Count(true);
            if (count > bestCount) (best, bestCount) = (start, count);
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
        var other = _slots[slot];
        if (other is null) arena.Copy(member.Slot, slot, member.Extent);
        else arena.Swap(member.Slot, slot, member.Extent.Max(other.Extent));
        _slots[member.Slot] = other;
        if (other is not null) other.Slot = member.Slot;
        _slots[slot] = member;
        member.Slot = slot;
    }

    // With room for more where the budget has it, exactly what is needed where it has not.
    private void Grow(OnnxRuntimeSequence sequence, CacheRows rows)
    {
        var (used, longest) = Usage();
        if (sequence.Slot < 0) used++;
        if (used > maxSlots) throw new EngineException($"All {maxSlots} sequences of the engine are in use; dispose one or raise the limit.");
        rows = rows.Max(longest);
        var slots = used > _slots.Length ? Math.Min(maxSlots, Math.Max(1, _slots.Length * 2)) : _slots.Length;
        var exact = budget.Rows(budget.Exact(rows.All), rows);
        var roomy = budget.Rows(rows.All > arena.Capacity.All ? budget.Bucket(rows.All) : arena.Capacity.All, rows);
        (int, CacheRows)[] ways = [(slots, roomy), (used, budget.Rows(budget.Bucket(rows.All), rows)), (used, exact)];
        foreach (var (count, capacity) in ways)
        {
            if (arena.BytesOf(count, capacity) > budget.Bytes) continue;
            Resize(count, capacity);
            return;
        }

        throw new EngineException(
            $"The key-value cache of {used} sequences of up to {rows.All} tokens needs {arena.BytesOf(used, exact)} bytes, but its budget is {budget.Bytes}; "
                + $"run fewer at a time or raise the budget.");
    }

    private (int Used, CacheRows Longest) Usage()
    {
        var (used, longest) = (0, default(CacheRows));
        foreach (var sequence in _slots)
        {
            if (sequence is null) continue;
            used++;
            longest = longest.Max(sequence.Extent);
        }

        return (used, longest);
    }

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
        for (var i = 0; i < fresh.Length; i++) fresh[i]?.Slot = i;
    }
}
