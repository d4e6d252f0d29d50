namespace Gemma.Runtime.Diagnostics;

/// <summary>What the scheduler did since it started. Written by the inference thread, readable from any.</summary>
internal sealed class SchedulerStatistics
{
    private long _promptTokens;
    private long _cachedTokens;
    private long _generatedTokens;
    private long _draftedTokens;
    private long _acceptedDraftTokens;
    private long _passes;

    /// <summary>Prompt tokens that were computed.</summary>
    public long PromptTokens => Volatile.Read(ref _promptTokens);

    /// <summary>Prompt tokens that came from the prefix cache.</summary>
    public long CachedTokens => Volatile.Read(ref _cachedTokens);

    public long GeneratedTokens => Volatile.Read(ref _generatedTokens);

    /// <summary>Tokens guessed ahead.</summary>
    public long DraftedTokens => Volatile.Read(ref _draftedTokens);

    /// <summary>Guessed tokens that were right.</summary>
    public long AcceptedDraftTokens => Volatile.Read(ref _acceptedDraftTokens);

    /// <summary>Calls of the engine for generation.</summary>
    public long Passes => Volatile.Read(ref _passes);

    public void CountPrompt(int tokens) => Interlocked.Add(ref _promptTokens, tokens);

    public void CountCached(int tokens) => Interlocked.Add(ref _cachedTokens, tokens);

    public void CountGenerated() => Interlocked.Increment(ref _generatedTokens);

    public void CountPass() => Interlocked.Increment(ref _passes);

    public void CountDraft(int drafted, int accepted)
    {
        Interlocked.Add(ref _draftedTokens, drafted);
        Interlocked.Add(ref _acceptedDraftTokens, accepted);
    }
}
