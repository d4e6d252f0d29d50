namespace Gemma.Runtime.Generation.Reading;

/// <summary>A text whose hidden states someone reads. What to make of them is the derived class's; nothing is kept that it does not copy.</summary>
/// <param name="tokens">The ids, at least one, each inside the vocabulary.</param>
/// <param name="cancellationToken">Takes the text out of the queue, and interrupts its pass where it is alone in it.</param>
internal abstract class HiddenStateRequest(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken)
{
    public ReadOnlyMemory<int> Tokens { get; } = tokens;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Receives consecutive positions, on the inference thread; a long text comes in pieces.</summary>
    /// <param name="position">The first position.</param>
    /// <param name="states">[positions, hidden], the last layer's states after the final norm; valid during the call.</param>
    public abstract void Accept(int position, ReadOnlySpan<float> states);

    /// <summary>Called once, on the inference thread, after the last position or instead of it.</summary>
    /// <param name="error">Why the reading ended early, or null.</param>
    public abstract void Finish(Exception? error);
}
