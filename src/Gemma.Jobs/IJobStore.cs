namespace Gemma.Jobs;

/// <summary>Where a job and its results are kept; whatever is here survives. Used by several processes at the same time.</summary>
internal interface IJobStore
{
    /// <summary>For people.</summary>
    string Name { get; }

    /// <summary>The job, or null.</summary>
    Task<JobSpec?> ReadSpecAsync(CancellationToken cancellationToken);

    /// <summary>Keeps the job.</summary>
    Task WriteSpecAsync(JobSpec spec, CancellationToken cancellationToken);

    /// <summary>Numbers of the parts that are done.</summary>
    IReadOnlySet<int> ListParts();

    /// <summary>Removes what killed writers left beside parts that are done.</summary>
    void RemoveLeftovers();

    /// <summary>Whether a part is done.</summary>
    bool HasPart(JobPart part);

    /// <summary>When the job was made; another time is another job.</summary>
    DateTime SpecTime { get; }

    /// <summary>A part's content, or null if it is not done.</summary>
    Stream? OpenPart(JobPart part);

    /// <summary>Keeps a part: whole, or not at all.</summary>
    Task WritePartAsync(JobPart part, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Notes that a part was left out, and why.</summary>
    Task WriteFailureAsync(JobPart part, string message, int attempts, CancellationToken cancellationToken);

    /// <summary>Forgets that a part was left out, so that it is tried again.</summary>
    void ClearFailure(int part);

    /// <summary>Numbers of the parts that were left out.</summary>
    IReadOnlySet<int> ListFailures();
}
