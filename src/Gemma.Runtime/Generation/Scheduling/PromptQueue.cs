namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// The admitted requests whose prompt is not computed yet, and which of them run next: in turn, piece by piece; several short prompts together; a
/// prompt whose beginning another one is just computing waits for it.
/// </summary>
internal sealed class PromptQueue(SequencePool pool, SchedulerOptions options)
{
    // Computing a prompt's beginning again, beside others, costs less than waiting for a shorter one; a prompt that starts from a copy runs alone anyway.
    private const int MinSharedPrefix = 64;
    private const int MinSharedRest = 8;

    // The head is next.
    private readonly List<GenerationTask> _order = [];

    public int Count => _order.Count;

    /// <summary>The request that was being given a sequence when <see cref="Select"/> threw.</summary>
    public GenerationTask? Starting { get; private set; }

    public void Add(GenerationTask task) => _order.Add(task);

    public void Remove(GenerationTask task)
    {
        _order.Remove(task);
        if (Starting == task) Starting = null;
    }

    /// <summary>Chooses the requests of the next pass and gives them sequences.</summary>
    /// <param name="running">All running requests in the order of admission.</param>
    /// <param name="limit">The most tokens, padding included.</param>
    /// <param name="selected">Receives one request, of which a piece of at most <paramref name="limit"/> tokens runs, or several whose prompts run
    /// whole.</param>
    public void Select(List<GenerationTask> running, int limit, List<GenerationTask> selected)
    {
        selected.Clear();
        var longest = 0;
        for (var i = 0; i < _order.Count; i++)
        {
            var task = _order[i];
            var fresh = task.Sequence is null || task.Sequence.Length == 0;
            if (selected.Count > 0 && (!fresh || Math.Max(longest, task.PendingCount) * (selected.Count + 1) > limit)) continue;
            if (task.Sequence is null)
            {
                var (source, length) = pool.FindPrefix(task, running);
                if (IsBeingComputed(task, length, running) || (selected.Count > 0 && length > 0)) continue;
                Starting = task;
                pool.Attach(task, source, length);
                Starting = null;
                fresh = length == 0;
            }

            selected.Add(task);
            longest = Math.Max(longest, task.PendingCount);
            if (!fresh || longest > limit) return;
        }
    }

    /// <summary>Lets the others go first, or drops the request if its prompt is computed.</summary>
    public void Advance(GenerationTask task)
    {
        if (!_order.Remove(task)) return;
        if (task.PendingCount > 0) _order.Add(task);
    }

    // Waiting goes to started or earlier requests only, so that it has no circles.
    private bool IsBeingComputed(GenerationTask task, int available, List<GenerationTask> running)
    {
        if (!pool.SharesRunning || (options.MaxCachedSequences == 0 && task.Group is null)) return false;
        var (earlier, worthwhile) = (true, available > 0 ? MinSharedRest : Math.Max(MinSharedPrefix, options.MinCachedPrefix));
        foreach (var other in running)
        {
            var least = task.IsBeside(other) ? 1 : options.MaxCachedSequences == 0 ? int.MaxValue : worthwhile;
            if (ReferenceEquals(other, task)) earlier = false;
            else if ((earlier || other.Sequence is not null)
                && PrefixCache.UsablePrefix(task.Tokens, other.Tokens) is var length
                && length - available >= least
                && length >= (other.Sequence?.ShortestLength ?? 0)) return true;
        }

        return false;
    }
}
