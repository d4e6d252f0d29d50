using Gemma.Runtime.Engines;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>Work that drives the engine itself, one bounded step at a time between the passes of the running requests: scoring, beam search, classification.</summary>
internal abstract class EngineJob(CancellationToken cancellationToken)
{
    /// <summary>Ends the job before its next step.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Does a bounded part of the work, on the inference thread.</summary>
    /// <returns>Whether there is more to do.</returns>
    public abstract bool Step(IInferenceEngine engine, CancellationToken cancellationToken);

    /// <summary>Called once at the end, on the inference thread; frees the sequences.</summary>
    /// <param name="error">Why the job ended early, or null.</param>
    public abstract void Finish(Exception? error);
}
