using Gemma.Cli.Infrastructure;
using Gemma.Jobs;
using Gemma.Jobs.Cluster;

namespace Gemma.Cli.Jobs;

internal static partial class ClusterSupport
{
    static partial void Run(string cluster, string folder, IProgress<JobProgress> progress, TextWriter error, ref Task<JobProgress>? run,
        CancellationToken cancellationToken) =>
        run = RunAsync(ClusterAddress.Parse(cluster), folder, progress, error, cancellationToken);

    private static async Task<JobProgress> RunAsync(ClusterAddress cluster, string folder, IProgress<JobProgress> progress, TextWriter error,
        CancellationToken cancellationToken)
    {
        using var loggers = new TerminalLoggerFactory(error, false);
        return await ClusterHost.RunJobAsync(cluster, folder, progress, loggers, cancellationToken);
    }
}
