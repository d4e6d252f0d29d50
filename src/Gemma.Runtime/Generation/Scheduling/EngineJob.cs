using Gemma.Runtime.Engines;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// Work that drives the engine itself, one bounded step at a time between the passes of the running requests: scoring, beam search, classification.
/// A job that holds more than one sequence overrides <see cref="SchedulerRequest.Sequences"/>; <see cref="SchedulerRequest.Finish"/> frees them.
/// </summary>
internal abstract class EngineJob(CancellationToken cancellationToken) : SchedulerRequest(cancellationToken)
{
    /// <summary>Does a bounded part of the work, on the inference thread.</summary>
    /// <returns>Whether there is more to do.</returns>
    public abstract bool Step(IInferenceEngine engine, CancellationToken cancellationToken);
}
