namespace Gemma.Jobs.Cluster;

/// <summary>How silos work on jobs.</summary>
public sealed class ClusterJobOptions
{
    /// <summary>How long calls to a silo that does not answer are repeated: others know much earlier that it is dead.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Parts that are given to each silo at the same time.</summary>
    /// <value>1 to 100, default 2: while one's last lines are worked on, the next one's fill the places.</value>
    public int PartsPerSilo { get; set; } = 2;

    /// <summary>Lines that a silo works on at the same time.</summary>
    /// <value>1 to 10000, default 128.</value>
    public int MaxConcurrentLines { get; set; } = 128;

    /// <summary>How often a part may fail before it is left out.</summary>
    /// <value>1 to 100, default 3.</value>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>How long to wait after a part's first failure; four times as long after each further one.</summary>
    /// <value>Default a second.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);
}
