namespace Gemma.Runtime.Engines;

/// <summary>
/// The seam between engines: tokens of several sequences in, logits or hidden states out. Scheduling, sampling, stopping and text live above it.
/// </summary>
/// <remarks>
/// Not safe for concurrent use: one thread at a time calls <see cref="Run"/> and the sequences. Cancelling the token interrupts a run from any thread.
/// </remarks>
internal interface IInferenceEngine : IDisposable
{
    /// <summary>What the engine is and can do.</summary>
    EngineInfo Info { get; }

    /// <summary>Creates an empty sequence.</summary>
    IEngineSequence CreateSequence();

    /// <summary>Appends tokens to sequences in one pass over the weights. After a failed or cancelled run each sequence has its former length.</summary>
    /// <param name="batch">One input per sequence; no sequence twice.</param>
    /// <param name="cancellationToken">Interrupts the computation.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="EngineException">The native library failed.</exception>
    void Run(ReadOnlySpan<EngineInput> batch, CancellationToken cancellationToken);

    /// <summary>Memory of keys and values that the engine holds itself, in bytes; 0 if the native library does. Callable from any thread.</summary>
    long CacheBytes => 0;

    /// <summary>The most that <see cref="CacheBytes"/> may be; 0 if the native library decides. Callable from any thread.</summary>
    long MaxCacheBytes => 0;

    /// <summary>What a sequence of so many tokens, or of the longest context if that is shorter, takes of the cache. Callable from any thread.</summary>
    CacheDemand DemandOf(int tokens) => new(1, 0, Math.Min(tokens, Info.ContextLength));

    /// <summary>Whether the cache has memory for so much at the same time. Callable from any thread.</summary>
    bool CanHold(CacheDemand demand) => true;

    /// <summary>Returns cache memory that no sequence needs.</summary>
    void Trim()
    {
    }
}
