using System.Collections.Concurrent;

namespace Gemma.Jobs.Cluster;

/// <summary>The jobs that a silo works on, each with its worker; those it has not worked on for an hour are forgotten. Safe for concurrent use.</summary>
internal sealed class SiloWorkers(JobWorkerFactory factory, ClusterJobOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Entry> _jobs = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _places = new(options.MaxConcurrentLines);

    public int Count => _jobs.Count;

    public async Task<SiloJob> GetAsync(string folder)
    {
        var entry = _jobs.GetOrAdd(folder, key => new Entry(new Lazy<Task<SiloJob>>(() => LoadAsync(key)), time.GetTimestamp()));
        entry.LastUse = time.GetTimestamp();
        try
        {
            var job = entry.Job = await entry.Loading.Value.ConfigureAwait(false);
            if (job.Store.SpecTime == job.SpecTime) return job;
        }
        catch
        {
            // The next part tries again.
            Forget(folder, entry);
            throw;
        }

        // Another job is in the folder now.
        Forget(folder, entry);
        return await GetAsync(folder).ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var (folder, entry) in _jobs) Forget(folder, entry);
        _places.Dispose();
    }

    private void Forget(string folder, Entry entry)
    {
        if (_jobs.TryRemove(KeyValuePair.Create(folder, entry))) entry.Job?.Runner.Dispose();
    }

    private async Task<SiloJob> LoadAsync(string folder)
    {
        foreach (var (known, entry) in _jobs)
        {
            if (time.GetElapsedTime(entry.LastUse) > Kept) Forget(known, entry);
        }

        var store = new FolderJobStore(folder);
        var specTime = store.SpecTime;
        var spec = await store.ReadSpecAsync(CancellationToken.None).ConfigureAwait(false)
            ?? throw new JobException($"'{folder}' holds no job that this silo sees.");
        return new SiloJob(spec, spec.Parts(), store, specTime, new PartRunner(await CreateWorkerAsync(spec).ConfigureAwait(false), _places));
    }

    // The next part would be refused as well, so it is the job's error, unless the disk is to blame.
    private async Task<IJobWorker> CreateWorkerAsync(JobSpec spec)
    {
        try
        {
            return await factory(new JobDescription(spec.Kind, spec.Model, spec.ModelSha256, spec.Options), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (IOException or OperationCanceledException))
        {
            throw new JobRefusedException(e.Message);
        }
    }

    private sealed class Entry(Lazy<Task<SiloJob>> loading, long now)
    {
        private long _lastUse = now;

        public Lazy<Task<SiloJob>> Loading => loading;

        /// <summary>What it loaded, or null.</summary>
        public SiloJob? Job { get; set; }

        public long LastUse
        {
            get => Volatile.Read(ref _lastUse);
            set => Volatile.Write(ref _lastUse, value);
        }
    }
}
