using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Jobs;

namespace Gemma.Cli.Jobs;

/// <summary>Jobs on a cluster. Orleans is not made for native executables, so those are built without the other half of this class and say so.</summary>
internal static partial class ClusterSupport
{
    /// <summary>The command of a machine in a cluster.</summary>
    public const string SiloName = "silo";

    private const string NoClusters = "this native executable has no clusters; use the .NET tool (dotnet tool install Gemma.Cli)";

    /// <summary>The command of which a native executable has only the name, to say why.</summary>
    public static Command CreateMissingSilo()
    {
        var command = new Command(SiloName, "Joins a cluster that works on jobs: not in this native executable.") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(static int (ParseResult _) => throw new UsageException($"silo: {NoClusters}."));
        return command;
    }

    /// <summary>Has a cluster do a job.</summary>
    /// <exception cref="UsageException">This executable cannot.</exception>
    public static Task<JobProgress> RunAsync(string cluster, string folder, IProgress<JobProgress> progress, TextWriter error,
        CancellationToken cancellationToken)
    {
        Task<JobProgress>? run = null;
        Run(cluster, folder, progress, error, ref run, cancellationToken);
        return run ?? throw new UsageException($"--cluster: {NoClusters}, or --shard.");
    }

    static partial void Run(string cluster, string folder, IProgress<JobProgress> progress, TextWriter error, ref Task<JobProgress>? run,
        CancellationToken cancellationToken);
}
