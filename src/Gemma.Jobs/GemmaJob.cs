namespace Gemma.Jobs;

/// <summary>
/// A job: files of records in, a folder of results out. The folder is the checkpoint, whoever wrote it. Safe for concurrent use, by several processes too.
/// </summary>
public sealed class GemmaJob
{
    private readonly IJobStore _store;

    private GemmaJob(JobSpec spec, IJobStore store) => (Spec, _store) = (spec, store);

    internal JobSpec Spec { get; }

    /// <summary>The work's name.</summary>
    public string Kind => Spec.Kind;

    /// <summary>Makes a job, or finds the same one in its folder. Reads the inputs once, to know them again.</summary>
    /// <param name="options">What it is.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="JobException">An input cannot be read, or the folder holds another job.</exception>
    public static async Task<GemmaJob> CreateAsync(GemmaJobOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.LinesPerPart is < 1 or > GemmaJobOptions.MaxLinesPerPart)
            throw new JobException($"LinesPerPart: {options.LinesPerPart} is not from 1 to {GemmaJobOptions.MaxLinesPerPart}.");
        if (options.Inputs.Count == 0) throw new JobException("Inputs: there is none.");
        var inputs = new List<JobInput>(options.Inputs.Count);
        foreach (var path in options.Inputs)
            inputs.Add(await InputScanner.ScanAsync(path, options.TextColumn, options.LinesPerPart, cancellationToken).ConfigureAwait(false));
        var spec = new JobSpec
        {
            Kind = options.Kind,
            Inputs = inputs,
            Model = options.Model,
            ModelSha256 = options.ModelHash,
            Options = options.Options,
            LinesPerPart = options.LinesPerPart,
        };
        var store = new FolderJobStore(Path.GetFullPath(options.Output));
        var old = await store.ReadSpecAsync(cancellationToken).ConfigureAwait(false);
        if (old is not null && spec.DifferenceTo(old) is { } difference)
            throw new JobException($"'{options.Output}' holds another job: {difference}. Give another folder, or remove this one.");

        // Of an input that was moved, silos have to know the new place.
        if (old is null || !spec.HasPathsOf(old)) await store.WriteSpecAsync(spec, cancellationToken).ConfigureAwait(false);
        return new GemmaJob(spec, store);
    }

    /// <summary>Opens a job to look at it, or to join its results.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="JobException">The folder holds no job.</exception>
    public static async Task<GemmaJob> OpenAsync(string folder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var store = new FolderJobStore(Path.GetFullPath(folder));
        return new GemmaJob(await store.ReadSpecAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new JobException($"'{folder}' holds no job (job.json)."), store);
    }

    /// <summary>Does what is not done yet. Parts that failed in an earlier run are tried again.</summary>
    /// <param name="worker">Computes results; called for many lines at the same time.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told of every line, or null.</param>
    /// <param name="cancellationToken">Stops the work; what is done stays done.</param>
    /// <returns>How far the process's share is in the end.</returns>
    public Task<JobProgress> RunAsync(IJobWorker worker, JobRunOptions options, IProgress<JobProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(worker);
        ArgumentNullException.ThrowIfNull(options);
        if (options.MaxConcurrentLines is < 1 or > 10_000) throw new JobException($"MaxConcurrentLines: {options.MaxConcurrentLines} is not from 1 to 10000.");
        if (options.MaxAttempts is < 1 or > 100) throw new JobException($"MaxAttempts: {options.MaxAttempts} is not from 1 to 100.");
        foreach (var failed in _store.ListFailures().Where(options.Shard.Contains)) _store.ClearFailure(failed);
        return new JobRunner(Spec, _store, worker, options).RunAsync(progress, cancellationToken);
    }

    /// <summary>Reads all results and says what is there.</summary>
    public Task<JobVerification> VerifyAsync(CancellationToken cancellationToken = default) => JobMerger.VerifyAsync(Spec, _store, cancellationToken);

    /// <summary>How far the job is, whoever works on it.</summary>
    public JobProgress GetProgress()
    {
        var parts = Spec.Parts();
        var done = _store.ListParts();
        return new JobProgress(parts.Where(part => done.Contains(part.Number)).Sum(part => (long)part.Count), parts.Sum(part => (long)part.Count),
            parts.Count(part => done.Contains(part.Number)), parts.Count, 0, _store.ListFailures().Count(part => !done.Contains(part)), 0);
    }

    /// <summary>Writes all results, in the order of the input, into one file: whole, or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="JobException">The job is not complete.</exception>
    public Task<JobVerification> MergeAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return JobMerger.MergeAsync(Spec, _store, Path.GetFullPath(path), cancellationToken);
    }
}
