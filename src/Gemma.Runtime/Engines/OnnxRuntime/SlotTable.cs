namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>Which sequence sits in which slot of the arena, and how the sequences of a run are brought into neighbouring slots.</summary>
internal sealed class SlotTable(KeyValueArena arena, int maxSlots, int contextLength)
{
    private const int SmallestCapacity = 256;
    private OnnxRuntimeSequence?[] _slots = [];

    /// <summary>Makes room for a sequence to hold <paramref name="tokens"/> tokens and gives it a slot.</summary>
    public void Place(OnnxRuntimeSequence sequence, int tokens)
    {
        var needed = _slots.Length;
        if (sequence.Slot < 0)
        {
            var free = Array.IndexOf(_slots, null);
            if (free < 0)
            {
                if (_slots.Length >= maxSlots) throw new EngineException($"All {maxSlots} sequences of the engine are in use; dispose one or raise the limit.");
                needed = Math.Min(maxSlots, Math.Max(1, _slots.Length * 2));
            }
        }

        var capacity = arena.Capacity;
        if (tokens > capacity)
        {
            capacity = Math.Max(capacity, Math.Min(SmallestCapacity, contextLength));
            while (capacity < tokens) capacity = (int)Math.Min(contextLength, capacity * 2L);
        }

        if (needed > _slots.Length || capacity > arena.Capacity) Resize(needed, capacity);
        if (sequence.Slot >= 0) return;
        sequence.Slot = Array.IndexOf(_slots, null);
        _slots[sequence.Slot] = sequence;
    }

    public void Remove(OnnxRuntimeSequence sequence)
    {
        if (sequence.Slot >= 0) _slots[sequence.Slot] = null;
        sequence.Slot = -1;
    }

    /// <summary>Moves the given sequences into neighbouring slots with as few copies as possible, and returns the first of these slots.</summary>
    public int Gather(ReadOnlySpan<OnnxRuntimeSequence> members)
    {
        Span<bool> isMember = stackalloc bool[_slots.Length];
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
        else arena.Swap(member.Slot, member.Extent, slot, other.Extent);
        _slots[member.Slot] = other;
        if (other is not null) other.Slot = member.Slot;
        _slots[slot] = member;
        member.Slot = slot;
    }

    private void Resize(int slots, int capacity)
    {
        Span<int> lengths = stackalloc int[_slots.Length];
        for (var i = 0; i < lengths.Length; i++) lengths[i] = _slots[i]?.Extent ?? 0;
        arena.Resize(slots, capacity, lengths);
        Array.Resize(ref _slots, slots);
    }
}
