using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Gemma.Jobs.Cluster;

/// <summary>Gives the parts of a job that are not done to the silos, so many at a time, and tries again what fails.</summary>
internal sealed partial class JobGrain(ClusterJobOptions options, ILogger<JobGrain> logger) : Grain, IJobGrain
{
    // How long a silo that joins may wait for its first part.
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(2);

    private CancellationTokenSource? _stop;
    private FolderJobStore _store = null!;
    private DateTime _specTime;
    private IReadOnlyList<JobPart> _parts = [];
    private readonly HashSet<int> _done = [];
    private readonly HashSet<int> _failed = [];
    private readonly Queue<JobPart> _queue = [];
    private int _places = 1;
    private long? _counted;
    private long _lines;
    private long _errors;
    private string? _problem;
    private Task _run = Task.CompletedTask;

    /// <summary>Finds out what is done, and goes on: whoever asks for the job wants it done.</summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _store = new FolderJobStore(this.GetPrimaryKeyString());
        await ReadAsync(cancellationToken);
        Begin();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => StopAsync(cancellationToken);

    public async Task StartAsync()
    {
        if (!_run.IsCompleted && !IsReplaced)
        {
            // Left out by whoever worked on it before.
            foreach (var part in _failed)
            {
                _store.ClearFailure(part);
                _queue.Enqueue(_parts[part]);
            }

            _failed.Clear();
            return;
        }

        // Of another job that was in the folder nothing may go on beside this one.
        await StopAsync(CancellationToken.None);
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
        IsStopped = _run.IsCompleted,
        Problem = _problem,
    });

    public Task CancelAsync()
    {
        DeactivateOnIdle();
        return _stop?.CancelAsync() ?? Task.CompletedTask;
    }

    private bool IsReplaced => _store.SpecTime != _specTime;

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_stop is not null) await _stop.CancelAsync();
        await _run.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await FindAsync(cancellationToken);
        }
        catch (Exception e) when (e is JobException or IOException or UnauthorizedAccessException)
        {
            // Told by the state: thrown here, it would look like a silo that does not answer.
            _problem = e.Message;
        }
    }

    private async Task FindAsync(CancellationToken cancellationToken)
    {
        _specTime = _store.SpecTime;
        (_parts, _problem, _lines, _errors) = ([], null, 0, 0);
        _done.Clear();
        _failed.Clear();
        _queue.Clear();
        if (await _store.ReadSpecAsync(cancellationToken) is not { } spec)
        {
            _problem = $"'{_store.Name}' holds no job that this silo sees.";
            return;
        }

        _parts = spec.Parts();
        _store.RemoveLeftovers();
        var (done, failed) = (_store.ListParts(), _store.ListFailures());
        foreach (var part in _parts.Where(part => done.Contains(part.Number))) Finish(part, 0);
        foreach (var part in failed.Where(part => part < _parts.Count && !_done.Contains(part))) _failed.Add(part);
        foreach (var part in _parts.Where(part => !_done.Contains(part.Number) && !_failed.Contains(part.Number))) _queue.Enqueue(part);
    }

    private void Begin()
    {
        if (_problem is not null || !_run.IsCompleted || _queue.Count == 0) return;
        _run = RunAsync();
    }

    // Runs in the grain's turns: everything below is one thread at a time.
    private async Task RunAsync()
    {
        // Nobody has to ask for the job while it runs.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        using var stop = new CancellationTokenSource();
        _stop = stop;
        _counted = null;
        List<Task> running = [];
        try
        {
            while (_queue.Count + running.Count > 0)
            {
                await CountPlacesAsync();
                while (running.Count < _places && _queue.TryDequeue(out var part)) running.Add(RunPartAsync(part, stop.Token));
                await ((Task)Task.WhenAny(running)).WaitAsync(CountInterval, stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                stop.Token.ThrowIfCancellationRequested();
                foreach (var ended in running.Where(task => task.IsCompleted)) await ended;
                running.RemoveAll(task => task.IsCompleted);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is done stays done.
        }
        catch (Exception e)
        {
            _problem = e.Message;
            LogStopped(logger, e, _store.Name);
        }
        finally
        {
            await stop.CancelAsync();
            foreach (var task in running) await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            _stop = null;
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    private async Task RunPartAsync(JobPart part, CancellationToken stop)
    {
        var delay = options.RetryDelay;
        long? lost = null;
        for (var attempt = 1; ;)
        {
            try
            {
                Finish(part, await GrainFactory.GetGrain<IPartGrain>(PartGrain.KeyOf(this.GetPrimaryKeyString(), part.Number)).RunAsync(stop));
                return;
            }
            catch (JobRefusedException)
            {
                throw;
            }
            catch (OrleansException e) when (!stop.IsCancellationRequested
                && Stopwatch.GetElapsedTime(lost ??= Stopwatch.GetTimestamp()) < ClusterJobOptions.Patience)
            {
                // A dying silo refuses until the others know that it is dead: the part itself has not failed.
                LogLost(logger, part.Name, e.Message);
                await Task.Delay(options.RetryDelay, stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                LogFailed(logger, part.Name, attempt, e.Message);
                if (IsReplaced) throw new JobException($"'{_store.Name}' holds another job now.", e);
                if (attempt >= options.MaxAttempts)
                {
                    await _store.WriteFailureAsync(part, e.Message, attempt, stop);
                    _failed.Add(part.Number);
                    return;
                }

                await Task.Delay(delay, stop);
                delay *= 4;
                attempt++;
                lost = null;
            }
        }
    }

    private void Finish(JobPart part, int errors)
    {
        if (!_done.Add(part.Number)) return;
        _lines += part.Count;
        _errors += errors;
    }

    // Silos come and go.
    private async Task CountPlacesAsync()
    {
        if (_counted is { } time && Stopwatch.GetElapsedTime(time) < CountInterval) return;
        _counted = Stopwatch.GetTimestamp();
        try
        {
            _places = Math.Max(1, options.PartsPerSilo * (await GrainFactory.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            // As many as the last time: the silo that was asked is dying.
            LogNotCounted(logger, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Part} failed ({Attempt}): {Error}")]
    private static partial void LogFailed(ILogger logger, string part, int attempt, string error);

    [LoggerMessage(2, LogLevel.Error, "The job in {Folder} stopped")]
    private static partial void LogStopped(ILogger logger, Exception exception, string folder);

    [LoggerMessage(3, LogLevel.Warning, "{Part} lost its silo: {Error}")]
    private static partial void LogLost(ILogger logger, string part, string error);

    [LoggerMessage(4, LogLevel.Warning, "The silos cannot be counted: {Error}")]
    private static partial void LogNotCounted(ILogger logger, string error);
}
