using System.Collections.Concurrent;

namespace Gemma.Jobs.Cluster;

/// <summary>The jobs that a silo works on, each with its worker. Safe for concurrent use.</summary>
internal sealed class SiloWorkers(JobWorkerFactory factory, ClusterJobOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Task<SiloJob>>> _jobs = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _places = new(options.MaxConcurrentLines);

    public async Task<SiloJob> GetAsync(string folder)
    {
        var loading = _jobs.GetOrAdd(folder, key => new Lazy<Task<SiloJob>>(() => LoadAsync(key)));
        try
        {
            var job = await loading.Value.ConfigureAwait(false);
            if (job.Store.SpecTime == job.SpecTime) return job;
        }
        catch
        {
            // The next part tries again.
            _jobs.TryRemove(new KeyValuePair<string, Lazy<Task<SiloJob>>>(folder, loading));
            throw;
        }

        // Another job is in the folder now.
        _jobs.TryRemove(new KeyValuePair<string, Lazy<Task<SiloJob>>>(folder, loading));
        return await GetAsync(folder).ConfigureAwait(false);
    }

    public void Dispose() => _places.Dispose();

    private async Task<SiloJob> LoadAsync(string folder)
    {
        var store = new FolderJobStore(folder);
        var time = store.SpecTime;
        var spec = await store.ReadSpecAsync(CancellationToken.None).ConfigureAwait(false)
            ?? throw new JobException($"'{folder}' holds no job that this silo sees.");
        var worker = await factory(new JobDescription(spec.Kind, spec.Model, spec.ModelSha256, spec.Options), CancellationToken.None).ConfigureAwait(false);
        return new SiloJob(spec, spec.Parts(), store, time, new PartRunner(worker, _places));
    }
}
