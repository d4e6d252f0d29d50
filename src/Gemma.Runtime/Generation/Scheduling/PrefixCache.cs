using Gemma.Runtime.Engines;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// Sequences of finished requests, kept so that a prompt that begins alike skips what they computed. Keyed on token ids: callers never see it.
/// </summary>
internal sealed class PrefixCache(int capacity) : IDisposable
{
    // Least recently used first.
    private readonly List<Entry> _entries = [];

    public int Count => _entries.Count;

    /// <summary>What the most recently used sequences take.</summary>
    /// <param name="engine">The engine that has them.</param>
    /// <param name="count">How many of them.</param>
    public CacheDemand Demand(IInferenceEngine engine, int count = int.MaxValue)
    {
        var demand = default(CacheDemand);
        for (var i = _entries.Count - 1; i >= 0 && count > 0; i--, count--) demand += engine.DemandOf(_entries[i].Tokens.Length);
        return demand;
    }

    /// <summary>The cached sequence with the longest common prefix, and how much of it is usable for the prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="lost">The longest common prefix with a sequence that has dropped what a copy of so few tokens would need.</param>
    public (IEngineSequence? Sequence, int Length) Find(ReadOnlySpan<int> prompt, out int lost)
    {
        (IEngineSequence? Sequence, int Length) best = (null, 0);
        lost = 0;
        foreach (var entry in _entries)
        {
            var length = UsablePrefix(prompt, entry.Tokens);
            if (length < entry.Sequence.ShortestLength) lost = Math.Max(lost, length);
            else if (length > best.Length) best = (entry.Sequence, length);
        }

        return best;
    }

    /// <summary>
    /// How many of the prompt's first tokens a computed sequence covers. Two are left to run: the last one for its logits, and one with it, because
    /// attention rounds a single token differently, and a prompt shall give the same with and without the cache.
    /// </summary>
    public static int UsablePrefix(ReadOnlySpan<int> prompt, ReadOnlySpan<int> computed) =>
        Math.Max(0, Math.Min(prompt.CommonPrefixLength(computed), prompt.Length - 2));

    /// <summary>Takes ownership of a finished request's sequence.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="isBranch">Whether it ends where prompts part: requests get copies of it.</param>
    public void Add(IEngineSequence sequence, ReadOnlySpan<int> tokens, bool isBranch = false)
    {
        if (capacity == 0 || sequence.Length == 0)
        {
            sequence.Dispose();
            return;
        }

        // Of two sequences that begin alike the longer one serves for both, if it can be cut to the shorter.
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            if (_entries[i].Tokens.AsSpan().StartsWith(tokens) && _entries[i].Sequence.ShortestLength <= tokens.Length)
            {
                sequence.Dispose();
                Touch(_entries[i].Sequence);
                return;
            }

            if (tokens.StartsWith(_entries[i].Tokens) && sequence.ShortestLength <= _entries[i].Tokens.Length) RemoveAt(i);
        }

        while (_entries.Count >= capacity) RemoveAt(0);
        _entries.Add(new Entry(sequence, tokens.ToArray(), isBranch));
    }

    /// <summary>Hands a cached sequence over to a request.</summary>
    public void Take(IEngineSequence sequence) => _entries.RemoveAt(IndexOf(sequence));

    /// <summary>Marks a cached sequence as used.</summary>
    public void Touch(IEngineSequence sequence)
    {
        var index = IndexOf(sequence);
        var entry = _entries[index];
        _entries.RemoveAt(index);
        _entries.Add(entry);
    }

    /// <summary>Frees the least recently used sequence; there must be one.</summary>
    public void Evict() => RemoveAt(0);

    /// <summary>Whether requests get copies of a cached sequence, however little of it is left over.</summary>
    public bool IsBranch(IEngineSequence sequence) => _entries[IndexOf(sequence)].IsBranch;

    public bool Contains(IEngineSequence sequence) => IndexOf(sequence) >= 0;

    public void Dispose()
    {
        while (_entries.Count > 0) Evict();
    }

    private int IndexOf(IEngineSequence sequence) => _entries.FindIndex(entry => ReferenceEquals(entry.Sequence, sequence));

    private void RemoveAt(int index)
    {
        var sequence = _entries[index].Sequence;
        _entries.RemoveAt(index);
        sequence.Dispose();
    }

    private readonly record struct Entry(IEngineSequence Sequence, int[] Tokens, bool IsBranch);
}
