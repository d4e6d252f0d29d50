using Gemma.Jobs.Cluster;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Orleans.Hosting;

/// <summary>Makes a silo work on jobs.</summary>
public static class GemmaJobsSiloBuilderExtensions
{
    /// <summary>Adds the work on jobs to a silo.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="factory">Makes the silo's worker for a job.</param>
    /// <param name="configure">Sets options, or null for the defaults.</param>
    /// <returns>The same silo.</returns>
    public static ISiloBuilder AddGemmaJobs(this ISiloBuilder silo, JobWorkerFactory factory, Action<ClusterJobOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(factory);
        var options = new ClusterJobOptions();
        configure?.Invoke(options);
        silo.Services.TryAddSingleton(options);
        silo.Services.TryAddSingleton(factory);
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.TryAddSingleton<SiloWorkers>();
        return silo;
    }
}
