namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// The requests of all kinds that wait, ordered by priority and age; bounded. A cancelled request leaves at once. What a call costs does not depend on how many
/// wait.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class RequestQueue(SchedulerOptions options)
{
    // A monitor, because the inference thread sleeps on it.
    private readonly object _gate = new();
    private readonly SortedSet<QueuedRequest> _requests = new(QueuedRequest.ByUrgency);
    private readonly SharedQueue _shared = new();
    private readonly SortedSet<QueuedRequest> _deadlines = new(QueuedRequest.ByDeadline);
    private readonly Queue<TaskCompletionSource> _outside = [];
    private readonly long _start = options.TimeProvider.GetTimestamp();
    private double _secondsPerRequest = 1;
    private long _arrivals;
    private int _count;
    private bool _completed;

    /// <summary>Requests that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _count;
        }
    }

    /// <summary>Whether no further request is accepted.</summary>
    public bool IsCompleted
    {
        get
        {
            lock (_gate) return _completed;
        }
    }

    /// <exception cref="GemmaOverloadedException">The queue is full.</exception>
    /// <exception cref="ObjectDisposedException">The queue was completed.</exception>
    public void Enqueue(SchedulerRequest request)
    {
        QueuedRequest entry;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_completed, typeof(InferenceScheduler));
            if (_count >= options.MaxQueueLength) throw new GemmaOverloadedException(_count, RetryAfter());
            var arrival = options.TimeProvider.GetElapsedTime(_start).TotalSeconds;
            entry = new QueuedRequest(this, request, arrival - (request.Priority * options.PriorityAging.TotalSeconds), _arrivals++);
            Add(entry);
            Monitor.PulseAll(_gate);
        }

        entry.ObserveCancellation();
    }

    /// <summary>Completes when it is worth to call <see cref="Enqueue"/> again; whoever waited must do so, because nobody else is told of the place.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            if (_count < options.MaxQueueLength || _completed) return;
            waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _outside.Enqueue(waiting);
        }

        using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiting);
        await waiting.Task.ConfigureAwait(false);
    }

    /// <summary>Takes the request whose turn it is. If that one has to wait for room, those behind it wait too: else the largest would starve.</summary>
    /// <param name="fits">Whether there is room for a request.</param>
    /// <param name="shared">Whether texts have a turn: not while others are in a pass.</param>
    public SchedulerRequest? Dequeue(Predicate<SchedulerRequest> fits, bool shared)
    {
        QueuedRequest? first;
        lock (_gate)
        {
            first = _requests.Min;
            if (shared && _shared.First is { } text && (first is null || QueuedRequest.ByUrgency.Compare(text, first) < 0)) first = text;
            if (first is null || !fits(first.Request)) return null;
            TakeOut(first);
        }

        first.Leave();
        return first.Request;
    }

    /// <summary>Takes the texts that share a pass with one that was taken: every request for the same text, then the most urgent ones of its width.</summary>
    /// <param name="first">The text that was taken.</param>
    /// <param name="maxRows">The most different texts.</param>
    public List<SharedRow> TakeRows(SharedRequest first, int maxRows)
    {
        List<SharedRow> rows = [new SharedRow(first.Tokens)];
        List<QueuedRequest> taken = [];
        rows[0].Requests.Add(first);
        lock (_gate)
        {
            TakeSame(rows[0], taken);
            while (rows.Count < maxRows && _shared.FirstOf(first.Width) is { } next)
            {
                rows.Add(new SharedRow(((SharedRequest)next.Request).Tokens));
                TakeSame(rows[^1], taken);
            }
        }

        foreach (var entry in taken) entry.Leave();
        return rows;
    }

    /// <summary>Takes a request that may not wait any longer.</summary>
    public SchedulerRequest? TakeLate(DateTimeOffset now) => Take(() => _deadlines.Min is { } entry && entry.Deadline <= now ? entry : null);

    /// <summary>Takes any request.</summary>
    public SchedulerRequest? TakeAny() => Take(() => _requests.Min ?? _shared.First);

    /// <summary>Removes a waiting request.</summary>
    /// <returns>False if it left before.</returns>
    public bool Remove(QueuedRequest entry)
    {
        lock (_gate)
        {
            if (!TakeOut(entry)) return false;
        }

        entry.Leave();
        return true;
    }

    /// <summary>Sleeps until a request waits or the queue is completed.</summary>
    /// <returns>Whether either is so; false after the timeout.</returns>
    public bool Wait(TimeSpan timeout)
    {
        lock (_gate)
        {
            if (_count == 0 && !_completed) Monitor.Wait(_gate, timeout);
            return _count > 0 || _completed;
        }
    }

    /// <summary>Refuses further requests.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            while (_outside.TryDequeue(out var waiting)) waiting.TrySetResult();
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Learns how long a request runs, for the hint when to try again.</summary>
    public void Observe(TimeSpan duration)
    {
        lock (_gate) _secondsPerRequest += 0.1 * (duration.TotalSeconds - _secondsPerRequest);
    }

    private SchedulerRequest? Take(Func<QueuedRequest?> choose)
    {
        QueuedRequest? entry;
        lock (_gate)
        {
            entry = choose();
            if (entry is null) return null;
            TakeOut(entry);
        }

        entry.Leave();
        return entry.Request;
    }

    private void TakeSame(SharedRow row, List<QueuedRequest> taken)
    {
        foreach (var entry in _shared.AllOf(row.Tokens))
        {
            TakeOut(entry);
            taken.Add(entry);
            row.Requests.Add((SharedRequest)entry.Request);
        }
    }

    private void Add(QueuedRequest entry)
    {
        if (entry.Request is SharedRequest) _shared.Add(entry);
        else _requests.Add(entry);
        if (entry.Deadline is not null) _deadlines.Add(entry);
        _count++;
    }

    // A place became free: one of those who wait for one is told.
    private bool TakeOut(QueuedRequest entry)
    {
        if (!(entry.Request is SharedRequest ? _shared.Remove(entry) : _requests.Remove(entry))) return false;
        if (entry.Deadline is not null) _deadlines.Remove(entry);
        _count--;
        while (_outside.TryDequeue(out var waiting) && !waiting.TrySetResult())
        {
        }

        return true;
    }

    private TimeSpan RetryAfter() => TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(_secondsPerRequest * (_count + 1) / options.MaxConcurrentRequests)));
}
