using Microsoft.Extensions.Logging;

namespace Gemma.Jobs.Cluster;

/// <summary>Gives the parts of a job that are not done to the silos, so many at a time, and tries again what fails.</summary>
internal sealed partial class JobGrain(ClusterJobOptions options, ILogger<JobGrain> logger) : Grain, IJobGrain, IDisposable
{
    private static readonly TimeSpan Alive = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stop = new();
    private FolderJobStore _store = null!;
    private DateTime _specTime;
    private IReadOnlyList<JobPart> _parts = [];
    private readonly HashSet<int> _done = [];
    private readonly HashSet<int> _failed = [];
    private long _lines;
    private long _errors;
    private string? _problem;
    private Task? _run;

    /// <summary>Finds out what is done, and goes on: whoever asks for the job wants it done.</summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _store = new FolderJobStore(this.GetPrimaryKeyString());
        await ReadAsync(cancellationToken);
        Begin();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        if (_run is not null)
            await _run.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public void Dispose() => _stop.Dispose();

    public async Task StartAsync()
    {
        if (_run is not null && !_run.IsCompleted && _store.SpecTime == _specTime) return;
        foreach (var part in _store.ListFailures()) _store.ClearFailure(part);
        await ReadAsync(CancellationToken.None);
        Begin();
    }

    public Task<JobState> GetStateAsync() => Task.FromResult(new JobState
    {
        Lines = _lines,
        TotalLines = _parts.Sum(part => (long)part.Count),
        Parts = _done.Count,
        TotalParts = _parts.Count,
        Errors = _errors,
        FailedParts = _failed.Count,
        IsStopped = _run is null || _run.IsCompleted,
        Problem = _problem,
    });

    public Task CancelAsync()
    {
        DeactivateOnIdle();
        return _stop.CancelAsync();
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        _specTime = _store.SpecTime;
        var spec = await _store.ReadSpecAsync(cancellationToken);
        _problem = spec is null ? $"'{_store.Name}' holds no job that this silo sees." : null;
        _parts = spec?.Parts() ?? [];
        _done.Clear();
        _failed.Clear();
        (_lines, _errors) = (0, 0);
        if (spec is not null) _store.RemoveLeftovers();
        var (done, failed) = (_store.ListParts(), _store.ListFailures());
        foreach (var part in _parts.Where(part => done.Contains(part.Number))) Finish(part, 0);
        foreach (var part in failed.Where(part => !_done.Contains(part))) _failed.Add(part);
    }

    private void Begin()
    {
        if (_problem is not null || (_run is not null && !_run.IsCompleted) || _done.Count + _failed.Count == _parts.Count) return;
        DelayDeactivation(Alive);
        _run = RunAsync();
    }

    // Runs in the grain's turns: everything below is one thread at a time.
    private async Task RunAsync()
    {
        try
        {
            using var places = new SemaphoreSlim(await CountPlacesAsync());
            List<Task> running = [];
            foreach (var part in _parts.Where(part => !_done.Contains(part.Number) && !_failed.Contains(part.Number)).ToArray())
            {
                await places.WaitAsync(_stop.Token);
                running.Add(RunPartAsync(part, places));
            }

            await Task.WhenAll(running);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // What is done stays done.
        }
        catch (Exception e)
        {
            _problem = e.Message;
            LogStopped(logger, e, _store.Name);
        }
    }

    private async Task RunPartAsync(JobPart part, SemaphoreSlim places)
    {
        var delay = options.RetryDelay;
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    Finish(part, await GrainFactory.GetGrain<IPartGrain>(PartGrain.KeyOf(this.GetPrimaryKeyString(), part.Number)).RunAsync(_stop.Token));
                    return;
                }
                catch (Exception e) when (!_stop.IsCancellationRequested)
                {
                    LogFailed(logger, part.Name, attempt, e.Message);
                    if (attempt >= options.MaxAttempts)
                    {
                        await _store.WriteFailureAsync(part, e.Message, attempt, _stop.Token);
                        _failed.Add(part.Number);
                        return;
                    }
                }

                await Task.Delay(delay, _stop.Token);
                delay *= 4;
            }
        }
        finally
        {
            places.Release();
        }
    }

    private void Finish(JobPart part, int errors)
    {
        if (!_done.Add(part.Number)) return;
        _lines += part.Count;
        _errors += errors;
    }

    private async Task<int> CountPlacesAsync() =>
        options.PartsPerSilo * Math.Max(1, (await GrainFactory.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count);

    [LoggerMessage(1, LogLevel.Warning, "{Part} failed ({Attempt}): {Error}")]
    private static partial void LogFailed(ILogger logger, string part, int attempt, string error);

    [LoggerMessage(2, LogLevel.Error, "The job in {Folder} stopped")]
    private static partial void LogStopped(ILogger logger, Exception exception, string folder);
}
