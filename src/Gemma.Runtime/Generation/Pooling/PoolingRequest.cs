using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Generation.Pooling;

/// <summary>A text whose hidden states someone reads. What to make of them is the derived class's; nothing is kept that it does not copy.</summary>
/// <param name="tokens">The ids, at least one, each inside the vocabulary.</param>
/// <param name="cancellationToken">Takes the text out of the queue, and interrupts its pass where it is alone in it.</param>
internal abstract class PoolingRequest(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken) : SharedRequest(tokens, cancellationToken)
{
    // Attention rounds a text differently in a wider pass. Widths in small steps, filled up with tokens that no earlier one can see, make a text's result the
    // same in every company.
    private const int WidthStep = 8;

    /// <inheritdoc/>
    public sealed override int Width => (Tokens.Length + WidthStep - 1) / WidthStep * WidthStep;

    /// <inheritdoc/>
    public sealed override EngineJob CreatePass(IReadOnlyList<SharedRow> rows, TimeProvider time) => new PoolingPass(rows, Width, time);

    /// <summary>Receives consecutive positions, on the inference thread; a long text comes in pieces.</summary>
    /// <param name="position">The first position.</param>
    /// <param name="states">[positions, hidden], the last layer's states after the final norm; valid during the call.</param>
    public abstract void Accept(int position, ReadOnlySpan<float> states);
}
