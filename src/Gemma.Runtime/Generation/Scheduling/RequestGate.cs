using Gemma.Runtime.Diagnostics;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>The way in for requests of every kind: gives them their deadline and their measurement, then queues them.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class RequestGate(InferenceScheduler scheduler, ModelInstruments instruments, TimeProvider time, TimeSpan? maxQueueWait = null)
{
    /// <summary>Starts the measurement of a request.</summary>
    public RequestMeasurement Measure(RequestTerms terms) => new(instruments, terms.Operation, terms.InputTokens, time);

    /// <summary>When a request with this timeout ends, if it starts now.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not positive.</exception>
    public DateTimeOffset? Deadline(TimeSpan? timeout)
    {
        if (timeout is not { } limit) return null;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        var now = time.GetUtcNow();
        return limit < DateTimeOffset.MaxValue - now ? now + limit : null;
    }

    /// <summary>When a request leaves the queue at the latest, if it starts now.</summary>
    public DateTimeOffset? QueueDeadline() => Deadline(maxQueueWait);

    /// <summary>Queues a request and waits for its result.</summary>
    /// <param name="request">The request.</param>
    /// <param name="result">Completes with it.</param>
    /// <param name="terms">Its priority and timeout, and what telemetry says of it.</param>
    /// <param name="waitForRoom">Whether it waits for a place in a full queue instead of being refused: the further items of a call that has begun.</param>
    /// <exception cref="GemmaOverloadedException">The queue is full.</exception>
    public async Task<TResult> RunAsync<TResult>(SchedulerRequest request, Task<TResult> result, RequestTerms terms, bool waitForRoom = false)
    {
        request.Priority = terms.Priority;
        request.Deadline = Deadline(terms.Timeout);
        request.QueueDeadline = waitForRoom ? null : QueueDeadline();
        request.Measurement = Measure(terms);
        try
        {
            while (!TrySubmit(request, waitForRoom)) await scheduler.WaitForRoomAsync(request.CancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Nobody else ends a request that was not taken.
            request.Measurement.End(e);
            throw;
        }

        return await result.ConfigureAwait(false);
    }

    private bool TrySubmit(SchedulerRequest request, bool waitForRoom)
    {
        try
        {
            scheduler.Submit(request);
            return true;
        }
        catch (GemmaOverloadedException e) when (waitForRoom && e.QueueLength > 0)
        {
            return false;
        }
    }
}
