namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>Limits of the scheduler.</summary>
internal sealed record SchedulerOptions
{
    /// <summary>The most requests that generate at the same time.</summary>
    public int MaxConcurrentRequests { get; init; } = 8;

    /// <summary>The most requests that wait; one more is refused.</summary>
    public int MaxQueueLength { get; init; } = 256;

    /// <summary>The most prompt tokens of one pass while no other request generates.</summary>
    public int PrefillChunk { get; init; } = 512;

    /// <summary>The most prompt tokens of one pass while others generate: bounds the gap between their tokens.</summary>
    public int PrefillChunkWhileDecoding { get; init; } = 64;

    /// <summary>The most finished sequences whose keys and values are kept for later prompts that begin alike; 0 switches the prefix cache off.</summary>
    public int MaxCachedSequences { get; init; } = 8;

    /// <summary>The fewest common tokens worth a copy.</summary>
    public int MinCachedPrefix { get; init; } = 8;
}
