namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>A request that is done in one pass over its text, together with other texts of its width.</summary>
/// <param name="tokens">The ids, at least one, each inside the vocabulary.</param>
/// <param name="cancellationToken">Takes the text out of the queue, and interrupts its pass where it is alone in it.</param>
internal abstract class SharedRequest(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken) : SchedulerRequest(cancellationToken)
{
    public ReadOnlyMemory<int> Tokens { get; } = tokens;

    /// <summary>Tokens of its row in a pass, padding included: texts of one width share a pass.</summary>
    public abstract int Width { get; }

    /// <inheritdoc/>
    public sealed override int MaxTokens => Width;

    /// <summary>Makes the pass that this request is the first of.</summary>
    /// <param name="rows">The texts, this request's first; all of its width and kind.</param>
    /// <param name="time">The clock of deadlines.</param>
    public abstract EngineJob CreatePass(IReadOnlyList<SharedRow> rows, TimeProvider time);
}
