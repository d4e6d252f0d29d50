namespace Gemma.Jobs.Cluster;

/// <summary>Coordinates the job of one folder, which is the grain's key. Whatever it knows it reads from there, so that any silo can take over.</summary>
public interface IJobGrain : IGrainWithStringKey
{
    /// <summary>Begins or continues the job; parts that failed are tried again.</summary>
    Task StartAsync();

    /// <summary>How far it is. A call is enough to make another silo take over.</summary>
    Task<JobState> GetStateAsync();

    /// <summary>Stops it; what is done stays done.</summary>
    Task CancelAsync();
}
