namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>The requests that wait, ordered by priority and age; bounded. A cancelled request leaves at once.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class RequestQueue(SchedulerOptions options)
{
    // A monitor, because the inference thread sleeps on it.
    private readonly object _gate = new();
    private readonly List<QueuedRequest> _entries = [];
    private double _secondsPerRequest = 1;
    private bool _completed;

    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
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
        var entry = new QueuedRequest(this, request, options.TimeProvider.GetTimestamp());
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_completed, typeof(InferenceScheduler));
            if (_entries.Count >= options.MaxQueueLength) throw new GemmaOverloadedException(_entries.Count, RetryAfter());
            _entries.Add(entry);
            Monitor.PulseAll(_gate);
        }

        entry.ObserveCancellation();
    }

    /// <summary>Takes the request whose turn it is. If that one has to wait for room, those behind it wait too: else the largest would starve.</summary>
    public SchedulerRequest? Dequeue(Predicate<SchedulerRequest> fits)
    {
        QueuedRequest? first = null;
        lock (_gate)
        {
            var best = double.NegativeInfinity;
            foreach (var entry in _entries)
            {
                var urgency = entry.Request.Priority + Math.Floor(options.TimeProvider.GetElapsedTime(entry.Arrival) / options.PriorityAging);
                if (urgency > best) (first, best) = (entry, urgency);
            }

            if (first is null || !fits(first.Request)) return null;
            _entries.Remove(first);
        }

        first.Leave();
        return first.Request;
    }

    /// <summary>Takes a request that satisfies a condition, whoever's turn it is.</summary>
    public SchedulerRequest? Extract(Predicate<SchedulerRequest> condition)
    {
        QueuedRequest entry;
        lock (_gate)
        {
            var index = _entries.FindIndex(candidate => condition(candidate.Request));
            if (index < 0) return null;
            entry = _entries[index];
            _entries.RemoveAt(index);
        }

        entry.Leave();
        return entry.Request;
    }

    /// <summary>Removes a waiting request.</summary>
    /// <returns>False if it left before.</returns>
    public bool Remove(QueuedRequest entry)
    {
        lock (_gate)
        {
            if (!_entries.Remove(entry)) return false;
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
            if (_entries.Count == 0 && !_completed) Monitor.Wait(_gate, timeout);
            return _entries.Count > 0 || _completed;
        }
    }

    /// <summary>Refuses further requests.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Learns how long a request runs, for the hint when to try again.</summary>
    public void Observe(TimeSpan duration)
    {
        lock (_gate) _secondsPerRequest += 0.1 * (duration.TotalSeconds - _secondsPerRequest);
    }

    private TimeSpan RetryAfter() => TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(_secondsPerRequest * (_entries.Count + 1) / options.MaxConcurrentRequests)));
}
