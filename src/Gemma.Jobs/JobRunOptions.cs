namespace Gemma.Jobs;

/// <summary>How a process works on a job.</summary>
public sealed record JobRunOptions
{
    /// <summary>Which share of the parts this process does.</summary>
    /// <value>Default all.</value>
    public JobShard Shard { get; init; } = JobShard.All;

    /// <summary>Lines that are worked on at the same time.</summary>
    /// <value>1 to 10000, default 128.</value>
    public int MaxConcurrentLines { get; init; } = 128;

    /// <summary>How often a part may fail before it is left out.</summary>
    /// <value>1 to 100, default 3.</value>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>How long to wait after a part's first failure; four times as long after each further one.</summary>
    /// <value>Default a second.</value>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);
}
