namespace Gemma.Jobs.Cluster;

/// <summary>How far a job of a cluster is.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Gemma.Jobs.JobState")]
public sealed record JobState
{
    /// <summary>Records that are done.</summary>
    [Id(0)]
    public long Lines { get; init; }

    /// <summary>Records in all.</summary>
    [Id(1)]
    public long TotalLines { get; init; }

    /// <summary>Parts that are done.</summary>
    [Id(2)]
    public int Parts { get; init; }

    /// <summary>Parts in all.</summary>
    [Id(3)]
    public int TotalParts { get; init; }

    /// <summary>Results that are errors, of the parts done since a silo last took over.</summary>
    [Id(4)]
    public long Errors { get; init; }

    /// <summary>Parts that were left out after several failures.</summary>
    [Id(5)]
    public int FailedParts { get; init; }

    /// <summary>Whether nothing is being done: the job is complete, was cancelled or failed.</summary>
    [Id(6)]
    public bool IsStopped { get; init; }

    /// <summary>Why the job cannot be done at all, or null.</summary>
    [Id(7)]
    public string? Problem { get; init; }
}
