using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gemma.Jobs.Cluster;

/// <summary>A process that is a silo, or a client of some.</summary>
internal static class ClusterHost
{
    /// <summary>Joins a cluster and works on its jobs until it is told to stop.</summary>
    public static async Task RunSiloAsync(ClusterAddress cluster, IPAddress host, int siloPort, int gatewayPort, JobWorkerFactory factory,
        ILoggerFactory loggers, Func<Task> started, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(loggers);
        builder.UseOrleans(silo =>
        {
            cluster.Use(silo, host, siloPort, gatewayPort);
            silo.AddGemmaJobs(factory);
        });
        using var application = builder.Build();
        await application.StartAsync(cancellationToken).ConfigureAwait(false);
        await started().ConfigureAwait(false);
        await application.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Has a cluster do a job.</summary>
    public static async Task<JobProgress> RunJobAsync(ClusterAddress cluster, string folder, IProgress<JobProgress> progress, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(loggers);
        builder.UseOrleansClient(cluster.Use);
        using var client = builder.Build();
        await client.StartAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await client.Services.GetRequiredService<IClusterClient>().RunGemmaJobAsync(folder, progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await client.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
