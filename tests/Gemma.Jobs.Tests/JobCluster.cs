using Gemma.Jobs.Cluster;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace Gemma.Jobs.Tests;

/// <summary>Silos in this process that work on jobs.</summary>
internal static class JobCluster
{
    public static Task<InProcessTestCluster> StartAsync(IJobWorker worker, short silos = 3, Action<ISiloBuilder>? configure = null) =>
        StartAsync((_, _) => Task.FromResult(worker), silos, configure);

    public static async Task<InProcessTestCluster> StartAsync(JobWorkerFactory factory, short silos = 3, Action<ISiloBuilder>? configure = null)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddGemmaJobs(factory, options => options.RetryDelay = TimeSpan.FromMilliseconds(100));

            // A killed silo counts as dead after seconds, not after minutes.
            silo.Configure<ClusterMembershipOptions>(options =>
            {
                options.ProbeTimeout = TimeSpan.FromSeconds(1);
                options.NumMissedProbesLimit = 2;
                options.NumVotesForDeathDeclaration = 1;
                options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
            });
            configure?.Invoke(silo);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);
        return cluster;
    }
}
