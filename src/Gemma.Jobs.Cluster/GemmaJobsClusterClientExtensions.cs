using System.Diagnostics;
using Gemma.Jobs;
using Gemma.Jobs.Cluster;

namespace Orleans;

/// <summary>Runs jobs on a cluster.</summary>
public static class GemmaJobsClusterClientExtensions
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Has a cluster do a job that <see cref="GemmaJob.CreateAsync"/> made, and waits for the end. Cancelling it cancels the job; a client that dies does not,
    /// and running it again joins in.
    /// </summary>
    /// <param name="client">The cluster.</param>
    /// <param name="folder">The job's folder, as all silos see it.</param>
    /// <param name="progress">Told twice a second, or null.</param>
    /// <param name="cancellationToken">Cancels the job.</param>
    /// <returns>How far the job is in the end.</returns>
    /// <exception cref="JobException">The cluster cannot do it.</exception>
    public static async Task<JobProgress> RunGemmaJobAsync(this IClusterClient client, string folder, IProgress<JobProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(folder);
        var grain = client.GetGrain<IJobGrain>(Path.GetFullPath(folder));
        var start = Stopwatch.GetTimestamp();
        var first = await AskAsync(grain, isStart: true, cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                var state = await AskAsync(grain, isStart: false, cancellationToken).ConfigureAwait(false);
                if (state.Problem is { } problem) throw new JobException(problem);
                var speed = (state.Lines - first.Lines) / Math.Max(Stopwatch.GetElapsedTime(start).TotalSeconds, 1e-3);
                var now = new JobProgress(state.Lines, state.TotalLines, state.Parts, state.TotalParts, state.Errors, state.FailedParts, speed);
                progress?.Report(now);
                if (now.IsComplete) return now;

                // Somebody else cancelled it.
                if (state.IsStopped) await AskAsync(grain, isStart: true, cancellationToken).ConfigureAwait(false);
                await Task.Delay(Interval, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await grain.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    // While a silo is dying, calls to it fail; soon another one has the grain.
    private static async Task<JobState> AskAsync(IJobGrain grain, bool isStart, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (isStart) await grain.StartAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                return await grain.GetStateAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OrleansException or TimeoutException && Stopwatch.GetElapsedTime(begin) < ClusterJobOptions.Patience)
            {
                await Task.Delay(Interval, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
