namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>A sequence in a slot of the arena; the slot may move between runs.</summary>
internal sealed class OnnxRuntimeSequence(OnnxRuntimeEngine engine) : IEngineSequence
{
    private int _logitsOffset;
    private int _logitsCount;
    private int _hiddenOffset;
    private int _hiddenCount;
    private int _run = -1;

    public int Length { get; internal set; }

    /// <summary>Tokens that the run under way wrote behind <see cref="Length"/>; they move with the sequence.</summary>
    public int Written { get; internal set; }

    /// <summary>Tokens, the first ones, that the caches of sliding-window layers have dropped.</summary>
    public int Dropped { get; internal set; }

    /// <summary>Rows that the pass under way needs.</summary>
    public CacheRows Placed { get; internal set; }

    /// <summary>Rows of the slot that have content or are about to.</summary>
    public CacheRows Room => Extent.Max(Placed);

    /// <summary>Rows of the slot that have content.</summary>
    public CacheRows Extent => RowsFor(Length + Written);

    /// <inheritdoc/>
    public int ShortestLength => engine.ShortestLength(Dropped);

    /// <summary>The slot, or -1 before the first use and after disposal.</summary>
    public int Slot { get; internal set; } = -1;

    public bool IsDisposed { get; private set; }

    public ReadOnlySpan<float> Logits => engine.LogitsOf(_run, _logitsOffset, _logitsCount);

    public ReadOnlySpan<float> HiddenStates => engine.HiddenStatesOf(_run, _hiddenOffset, _hiddenCount);

    /// <summary>Rows that so many tokens take.</summary>
    public CacheRows RowsFor(int length) => new(length, length - Dropped);

    public bool BelongsTo(OnnxRuntimeEngine other) => ReferenceEquals(engine, other);

    public void Reserve(int length)
    {
        // The arena takes memory as it is needed.
    }

    public void Truncate(int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if ((uint)length > (uint)Length) throw new ArgumentOutOfRangeException(nameof(length), length, $"The sequence holds {Length} tokens.");
        if (length > 0 && length < ShortestLength)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length,
                $"The sequence has dropped keys and values that its windows would see; it can be cut to {ShortestLength} tokens or to none.");
        }
        Length = length;
        if (length == 0) Dropped = 0;
    }

    public void CopyFrom(IEngineSequence source, int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        engine.Copy((OnnxRuntimeSequence)source, this, length);
    }

    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;
        engine.Release(this);
    }

    internal void SetResults(int run, int logitsOffset, int logitsCount, int hiddenOffset, int hiddenCount) =>
        (_run, _logitsOffset, _logitsCount, _hiddenOffset, _hiddenCount) = (run, logitsOffset, logitsCount, hiddenOffset, hiddenCount);
}
