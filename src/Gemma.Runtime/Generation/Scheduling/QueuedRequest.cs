namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>A waiting request: when it came, and what removes it when its caller cancels.</summary>
internal sealed class QueuedRequest(RequestQueue queue, SchedulerRequest request, long arrival)
{
    private readonly Lock _lock = new();
    private CancellationTokenRegistration _registration;
    private bool _left;

    public SchedulerRequest Request => request;

    /// <summary>Timestamp of the arrival.</summary>
    public long Arrival => arrival;

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
        lock (_lock)
        {
            _left = true;
            _registration.Unregister();
        }
    }

    private void Cancel()
    {
        if (queue.Remove(this)) request.Finish(new OperationCanceledException(request.CancellationToken));
    }
}
