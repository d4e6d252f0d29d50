namespace Gemma.Jobs.Cluster;

/// <summary>Does one part of a job: the key is the job's folder, a <c>#</c> and the part's number.</summary>
public interface IPartGrain : IGrainWithStringKey
{
    /// <summary>Computes and keeps the part unless it is there.</summary>
    /// <returns>How many of its results are errors.</returns>
    /// <remarks>Longer than any part takes: a silo that dies meanwhile is found out by the others, not by this time.</remarks>
    [ResponseTimeout("7.00:00:00")]
    Task<int> RunAsync(CancellationToken cancellationToken);
}
