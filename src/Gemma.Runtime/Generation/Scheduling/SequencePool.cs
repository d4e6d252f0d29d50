using Gemma.Runtime.Engines;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>Hands out the engine's sequences within its limits of number and memory; what is left over holds cached prefixes.</summary>
internal sealed class SequencePool(IInferenceEngine engine, SchedulerOptions options) : IDisposable
{
    private readonly PrefixCache _cache = new(options.MaxCachedSequences);
    private readonly List<SchedulerRequest> _running = [];

    /// <summary>Places that running requests were promised.</summary>
    public int Promised { get; private set; }

    /// <summary>Whether requests can start from what another one has computed and still uses.</summary>
    public bool SharesRunning => engine.Info.CopiesSequences;

    /// <summary>Whether so many sequences, as long as the request's may get, have room beside what was promised.</summary>
    public bool HasRoom(SchedulerRequest request, int sequences) => Fits(Most() + (engine.DemandOf(request.MaxTokens) * sequences));

    /// <summary>Counts the sequences of an admitted request.</summary>
    public void Promise(SchedulerRequest request)
    {
        _running.Add(request);
        Promised += request.Sequences;
    }

    /// <summary>The counterpart of <see cref="Promise"/>.</summary>
    public void TakeBack(SchedulerRequest request)
    {
        if (_running.Remove(request)) Promised -= request.Sequences;
    }

    /// <summary>Frees cached sequences until the running ones have room for the tokens of a pass.</summary>
    public void Reserve(ReadOnlySpan<EngineInput> inputs = default)
    {
        if (_cache.Count == 0) return;
        var demand = Now();
        foreach (ref readonly var input in inputs) demand += Growth(input.Sequence.Length, input.Sequence.Length + input.Tokens.Length);
        Reserve(demand);
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
        if (!Fits(Most() + _cache.Demand(engine, others) + engine.DemandOf(sequence.Length))) return;
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
        var demand = Now() + Growth(0, length);
        var full = !Fits(demand + _cache.Demand(engine));

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
        Reserve(demand);
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

    private void Reserve(CacheDemand demand)
    {
        while (_cache.Count > 0 && !Fits(demand + _cache.Demand(engine))) _cache.Evict();
    }

    private bool Fits(CacheDemand demand) => demand.Sequences <= engine.Info.MaxBatchSize && engine.CanHold(demand);

    // What running requests may need at most.
    private CacheDemand Most()
    {
        var demand = default(CacheDemand);
        foreach (var request in _running) demand += engine.DemandOf(request.MaxTokens) * request.Sequences;
        return demand;
    }

    // What they take; of jobs only they themselves know.
    private CacheDemand Now()
    {
        var demand = default(CacheDemand);
        foreach (var request in _running)
        {
            demand += request is GenerationTask task
                ? engine.DemandOf(task.Sequence?.Length ?? 0)
                : engine.DemandOf(request.MaxTokens) * request.Sequences;
        }

        return demand;
    }

    private CacheDemand Growth(int from, int to) => new(0, engine.DemandOf(to).Bytes - engine.DemandOf(from).Bytes, to);

    private void Announce(GenerationTask task)
    {
        if (task.MaxTokens < engine.Info.ContextLength) task.Sequence!.Reserve(task.MaxTokens);
    }
}
