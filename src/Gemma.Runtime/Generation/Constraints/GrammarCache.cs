using Gemma.Runtime.Generation.Constraints.Tokens;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>
/// Keeps compiled grammars within a number of bytes; the least recently used go first. Each is compiled once, and none waits for another. Thread-safe.
/// </summary>
internal sealed class GrammarCache(long maxBytes)
{
    private readonly Dictionary<string, Slot> _slots = [];
    private readonly Lock _gate = new();
    private long _clock;

    /// <summary>The grammar of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="compile">Compiles the grammar if it is not there. What it throws, the next caller may see again: failures are not kept.</param>
    public TokenGrammar Get(string key, Func<TokenGrammar> compile)
    {
        var slot = Find(key);
        lock (slot.Gate)
        {
            if (slot.Grammar is { } known) return known;
            try
            {
                slot.Grammar = compile();
            }
            finally
            {
                if (slot.Grammar is null) Remove(key, slot);
            }
        }

        Trim(slot);
        return slot.Grammar;
    }

    private Slot Find(string key)
    {
        lock (_gate)
        {
            if (!_slots.TryGetValue(key, out var slot)) _slots[key] = slot = new Slot();
            slot.LastUse = ++_clock;
            return slot;
        }
    }

    private void Remove(string key, Slot slot)
    {
        lock (_gate)
        {
            if (_slots.TryGetValue(key, out var current) && current == slot) _slots.Remove(key);
        }
    }

    private void Trim(Slot newest)
    {
        lock (_gate)
        {
            var bytes = _slots.Values.Sum(slot => slot.Grammar?.ByteCount ?? 0);
            foreach (var (key, slot) in _slots.OrderBy(slot => slot.Value.LastUse).ToList())
            {
                if (bytes <= maxBytes) return;
                if (slot == newest || slot.Grammar is not { } grammar) continue;
                _slots.Remove(key);
                bytes -= grammar.ByteCount;
            }
        }
    }

    private sealed class Slot
    {
        public Lock Gate { get; } = new();

        public volatile TokenGrammar? Grammar;

        public long LastUse { get; set; }
    }
}
