using Gemma.Runtime.Diagnostics;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>Something that waits for the engine and then uses it.</summary>
internal abstract class SchedulerRequest(CancellationToken cancellationToken)
{
    /// <summary>Ends the request: at once while it waits, otherwise before its next pass.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Requests of a higher number are admitted first; waiting raises it, so that none starves.</summary>
    public int Priority { get; set; }

    /// <summary>When the request ends with <see cref="GemmaTimeoutException"/>, waiting or running; null: never.</summary>
    public DateTimeOffset? Deadline { get; set; }

    /// <summary>When the request ends with <see cref="GemmaOverloadedException"/> if it still waits; null: never.</summary>
    public DateTimeOffset? QueueDeadline { get; set; }

    /// <summary>The request's span, durations and token counts, or null where its owner keeps them.</summary>
    public RequestMeasurement? Measurement { get; set; }

    /// <summary>Timestamp of the admission; the scheduler's.</summary>
    public long Admitted { get; set; }

    /// <summary>How many callers' requests this is: more than one for a pass that texts share.</summary>
    public virtual int RequestCount => 1;

    /// <summary>The most engine sequences that the request uses at the same time.</summary>
    public virtual int Sequences => 1;

    /// <summary>The most tokens that one of its sequences can reach; the default asks for the whole context.</summary>
    public virtual int MaxTokens => int.MaxValue;

    /// <summary>Ends the request, once it was queued: records it, then tells its owner.</summary>
    /// <param name="error">Why the request ended early, or null.</param>
    public void End(Exception? error)
    {
        Measurement?.End(error);
        Finish(error);
    }

    /// <summary>
    /// Called exactly once, never at the same time as another member: on the inference thread, or on the thread that cancels a waiting request. It must not
    /// throw, and must not run the caller's code: complete with <see cref="TaskCreationOptions.RunContinuationsAsynchronously"/>.
    /// </summary>
    /// <param name="error">Why the request ended early, or null.</param>
    public abstract void Finish(Exception? error);
}
