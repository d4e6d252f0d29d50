namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>Limits of the scheduler.</summary>
internal sealed record SchedulerOptions
{
    /// <summary>The most requests that run at the same time.</summary>
    public int MaxConcurrentRequests { get; init; } = 8;

    /// <summary>The most requests that wait; one more is refused.</summary>
    public int MaxQueueLength { get; init; } = 256;

    /// <summary>The most prompt tokens of one pass while no other request generates.</summary>
    public int PrefillChunk { get; init; } = 256;

    /// <summary>The most prompt tokens of one pass while others generate: bounds the gap between their tokens.</summary>
    public int PrefillChunkWhileDecoding { get; init; } = 64;

    /// <summary>The most different texts of a pass that classification and embedding requests share.</summary>
    public int MaxSharedRows { get; init; } = 16;

    /// <summary>
    /// The most tokens of such a pass, padding included: matrix kernels are near their best speed from some hundred rows on. A longer text goes alone.
    /// </summary>
    public int SharedPassTokens { get; init; } = 512;

    /// <summary>The most tokens of such a pass while other requests run: bounds the gap between their tokens.</summary>
    public int SharedPassTokensBesideOthers { get; init; } = 128;

    /// <summary>The most finished sequences whose keys and values are kept for later prompts that begin alike; 0 switches the prefix cache off.</summary>
    public int MaxCachedSequences { get; init; } = 8;

    /// <summary>The fewest common tokens worth a copy: a prompt that starts from a copy no longer runs together with other prompts.</summary>
    public int MinCachedPrefix { get; init; } = 32;

    /// <summary>
    /// Whether a lone request guesses its next tokens by looking up its last ones in prompt and answer (prompt lookup). Off by default: attention rounds
    /// several tokens of a sequence differently from one, so that between almost equal scores another token may win than in company.
    /// </summary>
    public bool PromptLookup { get; init; }

    /// <summary>The most tokens guessed at once.</summary>
    public int MaxDraftTokens { get; init; } = 15;

    /// <summary>How long a request waits until it counts as one priority higher.</summary>
    public TimeSpan PriorityAging { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the scheduler idles until it returns memory that no cached sequence needs.</summary>
    public TimeSpan TrimAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock of deadlines.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
