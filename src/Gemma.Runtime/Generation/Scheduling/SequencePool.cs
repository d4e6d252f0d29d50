using Gemma.Runtime.Engines;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>Hands out the engine's sequences within its limits of number and memory; what is left over holds cached prefixes.</summary>
internal sealed class SequencePool(IInferenceEngine engine, SchedulerOptions options) : IDisposable
{
    private readonly PrefixCache _cache = new(options.MaxCachedSequences);
    private int _promised;

    /// <summary>Places that running requests were promised.</summary>
    public int Promised => _promised;

    /// <summary>Whether requests can start from what another one has computed and still uses.</summary>
    public bool SharesRunning => engine.Info.CopiesSequences;

    /// <summary>Whether a request may use so many sequences of so many tokens beside the running ones.</summary>
    public bool HasRoom(int sequences, int tokens) =>
        _promised + sequences <= engine.Info.MaxBatchSize && engine.CanHold(_promised + sequences, Math.Min(tokens, engine.Info.ContextLength));

    /// <summary>Counts the sequences of an admitted request.</summary>
    public void Promise(int sequences) => _promised += sequences;

    /// <summary>The counterpart of <see cref="Promise"/>.</summary>
    public void TakeBack(int sequences) => _promised -= sequences;

    /// <summary>Frees cached sequences until all promised ones have room, at the given length.</summary>
    public void Reserve(int tokens)
    {
        while (_cache.Count > 0
            && (_promised + _cache.Count > engine.Info.MaxBatchSize || !engine.CanHold(_promised + _cache.Count, Math.Max(tokens, _cache.LongestLength))))
            _cache.Evict();
    }

    /// <summary>
    /// The longest beginning of the prompt that a cached or running sequence holds, if it is worth a copy. Of longer ones, which layers with a sliding window
    /// have dropped in part, the request is to leave a copy when it has computed them again.
    /// </summary>
    public (IEngineSequence? Sequence, int Length) FindPrefix(GenerationTask task, List<GenerationTask> running)
    {
        task.BranchLength = 0;
        if (options.MaxCachedSequences == 0 && task.Group is null) return (null, 0);
        var (best, least) = (_cache.Find(task.Tokens, out var lost), options.MinCachedPrefix);
        foreach (var other in SharesRunning ? running : [])
        {
            if (other.Sequence is null || (options.MaxCachedSequences == 0 && !task.IsBeside(other))) continue;
            var length = PrefixCache.UsablePrefix(task.Tokens, other.Tokens[..other.Sequence.Length]);
            if (length < other.Sequence.ShortestLength) lost = Math.Max(lost, length);
            var isBeside = task.IsBeside(other);
            if (length < other.Sequence.ShortestLength || length < best.Length || (length == best.Length && !isBeside)) continue;

            // However little it is: a row that did not take it would wait until the other one ends.
            if (isBeside) least = 1;
            best = (other.Sequence, length);
        }

        if (best.Length < least) best = (null, 0);
        if (options.MaxCachedSequences > 0 && lost - best.Length >= options.MinCachedPrefix) task.BranchLength = lost;
        return best;
    }

    /// <summary>Keeps a copy of what a request has computed up to where prompts part, if there is room.</summary>
    public void KeepBranch(GenerationTask task)
    {
        var sequence = task.Sequence!;
        if (sequence.Length != task.BranchLength || !engine.Info.CopiesSequences) return;
        var others = Math.Min(_cache.Count, options.MaxCachedSequences - 1);
        if (!HasRoom(others + 1, Math.Max(task.MaxTokens, _cache.LongestLength))) return;
        while (_cache.Count > others) _cache.Evict();
        var copy = engine.CreateSequence();
        copy.CopyFrom(sequence, sequence.Length);
        _cache.Add(copy, task.Tokens[..sequence.Length], isBranch: true);
    }

    /// <summary>Gives the request a sequence that begins with a prefix found by <see cref="FindPrefix"/>.</summary>
    public void Attach(GenerationTask task, IEngineSequence? source, int length)
    {
        task.CachedTokens = length;
        var cached = source is not null && _cache.Contains(source);
        var full = _promised + _cache.Count > engine.Info.MaxBatchSize || !engine.CanHold(_promised + _cache.Count, Math.Max(length, _cache.LongestLength));

        // What is left over serves nobody: an answer comes back in other tokens at its end, and a copy would leave its twin in a place of another chat. Or
        // there is no room or no way for a copy.
        var isRest = cached && source!.Length - length < Math.Max(1, options.MinCachedPrefix) && !_cache.IsBranch(source);
        if (isRest || (cached && (full || !engine.Info.CopiesSequences)))
        {
            _cache.Take(source!);
            source!.Truncate(length);
            task.Sequence = source;
            Announce(task);
            return;
        }

        if (cached) _cache.Touch(source!);
        task.Sequence = engine.CreateSequence();
        Announce(task);
        if (source is null) return;
        Reserve(length);
        task.Sequence.CopyFrom(source, length);
    }

    /// <summary>Takes a request's sequence: into the cache if its content is sound.</summary>
    public void Release(GenerationTask task, bool keep)
    {
        if (task.Sequence is not { } sequence) return;
        task.Sequence = null;

        // Guessed tokens may lie behind the last accepted one.
        if (sequence.Length > task.Tokens.Length) sequence.Truncate(task.Tokens.Length);
        if (keep) _cache.Add(sequence, task.Tokens[..sequence.Length]);
        else sequence.Dispose();
    }

    public void Dispose() => _cache.Dispose();

    private void Announce(GenerationTask task)
    {
        if (task.MaxTokens < engine.Info.ContextLength) task.Sequence!.Reserve(task.MaxTokens);
    }
}
