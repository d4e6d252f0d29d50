using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Engines;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// Owns the engine and its one thread, and runs all requests of a model on it: continuous batching. Every round admits waiting requests, runs one
/// bounded piece of prompt, and one token for every generating request in a single pass.
/// </summary>
/// <remarks>Safe for concurrent use. Requests are called back on the inference thread; waiting ones that are cancelled on the cancelling thread.</remarks>
internal sealed partial class InferenceScheduler : IDisposable, IAsyncDisposable
{
    // How long the end of a process waits for the pass that is running: one that cannot be interrupted takes seconds on a busy machine.
    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(10);

    private readonly IInferenceEngine _engine;
    private readonly IInferenceEngine? _draft;
    private readonly SchedulerOptions _options;
    private readonly ILogger _logger;
    private readonly RequestQueue _queue;
    private readonly RequestBatch _batch;
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _stoppingLock = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Predicate<SchedulerRequest> _canAdmit;
    private DateTimeOffset _now;
    private int _active;
    private int _rows;
    private bool _ended;

    /// <summary>Starts the inference thread.</summary>
    /// <param name="engine">The engine; the scheduler disposes it.</param>
    /// <param name="options">Limits.</param>
    /// <param name="logger">Receives failures that no request can report.</param>
    /// <param name="draft">A smaller model that guesses tokens, or null; the scheduler disposes it.</param>
    public InferenceScheduler(IInferenceEngine engine, SchedulerOptions options, ILogger? logger = null, IInferenceEngine? draft = null)
    {
        _engine = engine;
        _draft = draft;
        _options = options;
        _logger = logger ?? NullLogger.Instance;
        _queue = new RequestQueue(options);
        _batch = new RequestBatch(engine, options, Statistics, _queue, _logger, draft);

        _canAdmit = _batch.CanAdmit;
        _thread = new Thread(Loop) { IsBackground = true, Name = "gemma inference" };
        _thread.Start();
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>Requests that wait for a place.</summary>
    public int QueueLength => _queue.Count;

    /// <summary>Requests that are being run.</summary>
    public int ActiveRequests => Volatile.Read(ref _active);

    /// <summary>Memory of keys and values, in bytes.</summary>
    public long CacheBytes => _engine.CacheBytes + (_draft?.CacheBytes ?? 0);

    /// <summary>The most that it may be, in bytes; 0 if the native library decides.</summary>
    public long MaxCacheBytes => _engine.MaxCacheBytes + (_draft?.MaxCacheBytes ?? 0);

    /// <summary>The most requests that wait.</summary>
    public int MaxQueueLength => _options.MaxQueueLength;

    /// <summary>Sequences of the running batch.</summary>
    public int BatchRows => Volatile.Read(ref _rows);

    /// <summary>What was done so far.</summary>
    public SchedulerStatistics Statistics { get; } = new();

    /// <summary>Queues a request.</summary>
    /// <exception cref="GemmaContextLengthException">The prompt leaves no room for an answer.</exception>
    /// <exception cref="GemmaOverloadedException">The queue is full.</exception>
    /// <exception cref="ObjectDisposedException">The scheduler was disposed.</exception>
    public void Submit(GenerationTask task)
    {
        ArgumentOutOfRangeException.ThrowIfZero(task.PromptLength, nameof(task));
        if (task.PromptLength >= _engine.Info.ContextLength) throw new GemmaContextLengthException(task.PromptLength, _engine.Info.ContextLength);
        _queue.Enqueue(task);
    }

    /// <summary>Queues a job.</summary>
    /// <exception cref="GemmaOverloadedException">The queue is full, or the job needs more sequences than the engine holds.</exception>
    /// <exception cref="ObjectDisposedException">The scheduler was disposed.</exception>
    public void Submit(EngineJob job)
    {
        var most = _engine.Info.MaxBatchSize;
        if (job.Sequences > most)
        {
            throw new GemmaOverloadedException(
                $"The request needs {job.Sequences} sequences at once, but the model holds {most}; ask for fewer, or open the model with more.");
        }
        _queue.Enqueue(job);
    }

    /// <summary>Queues a text to be read together with others.</summary>
    /// <exception cref="EngineException">The graph has no hidden states output.</exception>
    /// <exception cref="GemmaOverloadedException">The queue is full.</exception>
    /// <exception cref="ObjectDisposedException">The scheduler was disposed.</exception>
    public void Submit(SharedRequest request)
    {
        if (!_engine.Info.SupportsHiddenStates)
        {
            throw new EngineException(
                "The package's graph has no output 'hidden_states', which classification and embeddings read; convert the checkpoint with this library and "
                    + "open it with the onnxruntime engine.");
        }
        _queue.Enqueue(request);
    }

    /// <summary>Queues a request of any kind.</summary>
    public void Submit(SchedulerRequest request)
    {
        switch (request)
        {
            case GenerationTask task:
                Submit(task);
                break;
            case EngineJob job:
                Submit(job);
                break;
            case SharedRequest shared:
                Submit(shared);
                break;
            default:
                throw new ArgumentException($"The scheduler runs no {request.GetType().Name}.", nameof(request));
        }
    }

    /// <summary>Completes when it is worth to submit a request again that was refused because the queue is full; then it must be submitted.</summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken) => _queue.WaitForRoomAsync(cancellationToken);

    /// <summary>Ends all requests with <see cref="ObjectDisposedException"/> and waits for the inference thread, unless it is the calling one.</summary>
    public void Dispose()
    {
        Stop();
        if (Thread.CurrentThread != _thread) _thread.Join();
    }

    /// <summary>Ends all requests with <see cref="ObjectDisposedException"/> and waits for the inference thread.</summary>
    public async ValueTask DisposeAsync()
    {
        Stop();
        if (Thread.CurrentThread != _thread) await _stopped.Task.ConfigureAwait(false);
    }

    // A process that ends takes the native library's own objects apart; a pass that still ran would fail over them, or crash.
    private void OnProcessExit(object? sender, EventArgs e)
    {
        Stop();
        if (Thread.CurrentThread != _thread) _thread.Join(ExitPatience);
    }

    private void Stop()
    {
        _queue.Complete();
        lock (_stoppingLock)
        {
            if (!_ended) _stopping.Cancel();
        }
    }

    private void Loop()
    {
        Exception? failure = null;
        try
        {
            while (!_stopping.IsCancellationRequested && HasWork()) Round();
        }
        catch (Exception e)
        {
            LogThreadFailed(e);
            failure = new EngineException($"The model's inference thread failed; open the model again: {e.Message}", e);
        }

        End(failure ?? new ObjectDisposedException(typeof(InferenceScheduler).FullName, "The model was disposed while the request was waiting or running."));
    }

    // Sleeps while there is nothing to do.
    private bool HasWork()
    {
        if (_batch.Count > 0) return true;
        if (!_queue.Wait(_options.TrimAfter))
        {
            _batch.Trim();
            _queue.Wait(Timeout.InfiniteTimeSpan);
        }

        return _queue.Count > 0 || !_queue.IsCompleted;
    }

    private void Round()
    {
        _now = _options.TimeProvider.GetUtcNow();
        if (_queue.Count > 0)
        {
            while (_queue.TakeLate(_now) is { } late)
            {
                _batch.Finish(late, late.Deadline <= _now
                    ? new GemmaTimeoutException(
                        $"The request reached its deadline while {_queue.Count} others were waiting; allow more time, or raise MaxConcurrentRequests.")
                    : new GemmaOverloadedException(
                        $"The request waited as long as it may, with {_queue.Count} others; try again later, or raise MaxQueueWait or MaxConcurrentRequests."));
            }
            while (_queue.Dequeue(_canAdmit, shared: !_batch.IsSharing) is { } request) _batch.Admit(request);
            Volatile.Write(ref _active, _batch.RequestCount);
        }

        Volatile.Write(ref _rows, _batch.Rows);
        _batch.Run(_now, _stopping.Token);
        Volatile.Write(ref _active, _batch.RequestCount);
        if (_batch.Count == 0) Volatile.Write(ref _rows, 0);
    }

    private void End(Exception reason)
    {
        _queue.Complete();
        while (_queue.TakeAny() is { } request) _batch.Finish(request, reason);
        _batch.FinishAll(reason);
        Volatile.Write(ref _active, 0);
        _batch.Dispose();
        _engine.Dispose();
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        lock (_stoppingLock)
        {
            _ended = true;
            _stopping.Dispose();
        }

        _stopped.SetResult();
    }

    [LoggerMessage(1, LogLevel.Critical, "The inference thread failed")]
    private partial void LogThreadFailed(Exception exception);
}
