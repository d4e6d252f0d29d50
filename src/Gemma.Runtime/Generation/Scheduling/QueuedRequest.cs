namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>A waiting request: its place in the order, and what removes it when its caller cancels.</summary>
/// <param name="queue">Where it waits.</param>
/// <param name="request">The request.</param>
/// <param name="rank">Lower is sooner: seconds of its arrival, less those that its priority is worth.</param>
/// <param name="number">Counts arrivals.</param>
internal sealed class QueuedRequest(RequestQueue queue, SchedulerRequest request, double rank, long number)
{
    private readonly Lock _lock = new();
    private CancellationTokenRegistration _registration;
    private bool _left;

    /// <summary>Whose turn comes first. Waiting raises all alike, so the order of two never changes.</summary>
    public static IComparer<QueuedRequest> ByUrgency { get; } = Comparer<QueuedRequest>
        .Create(static (x, y) => x.Rank != y.Rank ? x.Rank.CompareTo(y.Rank) : x.Number.CompareTo(y.Number));

    /// <summary>Whose deadline comes first; for requests with a deadline.</summary>
    public static IComparer<QueuedRequest> ByDeadline { get; } = Comparer<QueuedRequest>.Create(static (x, y) =>
        Nullable.Compare(x.Deadline, y.Deadline) is var order and not 0 ? order : x.Number.CompareTo(y.Number));

    public SchedulerRequest Request => request;

    /// <summary>When it leaves without having had its turn; null: never.</summary>
    public DateTimeOffset? Deadline { get; } = request.Deadline < request.QueueDeadline
        ? request.Deadline
        : request.QueueDeadline ?? request.Deadline;

    private double Rank => rank;

    private long Number => number;

    /// <summary>Watches for cancellation; call it without holding the queue's lock, because a cancelled token calls back at once.</summary>
    public void ObserveCancellation()
    {
        var registration = request.CancellationToken.UnsafeRegister(static state => ((QueuedRequest)state!).Cancel(), this);
        lock (_lock)
        {
            if (!_left)
            {
                _registration = registration;
                return;
            }
        }

        registration.Unregister();
    }

    /// <summary>The request left the queue.</summary>
    public void Leave()
    {
        request.Measurement?.LeaveQueue();
        lock (_lock)
        {
            _left = true;
            _registration.Unregister();
        }
    }

    private void Cancel()
    {
        if (queue.Remove(this)) request.End(new OperationCanceledException(request.CancellationToken));
    }
}
