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
            return await loading.Value.ConfigureAwait(false);
        }
        catch
        {
            // The next part tries again.
            _jobs.TryRemove(new KeyValuePair<string, Lazy<Task<SiloJob>>>(folder, loading));
            throw;
        }
    }

    public void Forget(string folder) => _jobs.TryRemove(folder, out _);

    public void Dispose() => _places.Dispose();

    private async Task<SiloJob> LoadAsync(string folder)
    {
        var store = new FolderJobStore(folder);
        var spec = await store.ReadSpecAsync(CancellationToken.None).ConfigureAwait(false) ?? throw new JobException($"'{folder}' holds no job that this silo sees.");
        var worker = await factory(new JobDescription(spec.Kind, spec.Model, spec.ModelSha256, spec.Options), CancellationToken.None).ConfigureAwait(false);
        return new SiloJob(spec, spec.Parts(), store, new PartRunner(worker, _places));
    }
}
