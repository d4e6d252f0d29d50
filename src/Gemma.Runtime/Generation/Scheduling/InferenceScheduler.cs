using System.Collections.Concurrent;
using Gemma.Runtime.Engines;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// Owns the engine's one thread and runs all requests of a model on it: continuous batching. Every round admits waiting requests, runs one
/// bounded piece of prompt, and one token for every generating request in a single pass.
/// </summary>
/// <remarks><see cref="Submit(GenerationTask)"/> and disposal are safe for concurrent use. Tasks and jobs are called back on the inference thread.</remarks>
internal sealed class InferenceScheduler : IDisposable, IAsyncDisposable
{
    private readonly IInferenceEngine _engine;
    private readonly SchedulerOptions _options;
    private readonly RequestBatch _batch;
    private readonly ConcurrentQueue<object> _incoming = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LinkedList<EngineJob> _jobs = [];
    private readonly Queue<GenerationTask> _waiting = new();
    private readonly Lock _submitLock = new();
    private int _queued;
    private int _active;
    private bool _closed;

    public InferenceScheduler(IInferenceEngine engine, SchedulerOptions options)
    {
        _engine = engine;
        _options = options;
        _batch = new RequestBatch(engine, options);
        new Thread(Loop) { IsBackground = true, Name = "gemma inference" }.Start();
    }

    /// <summary>Requests that wait for a place.</summary>
    public int QueueLength => Volatile.Read(ref _queued);

    /// <summary>Requests that are being run.</summary>
    public int ActiveRequests => Volatile.Read(ref _active);

    /// <summary>Queues a request.</summary>
    /// <exception cref="GemmaOverloadedException">The queue is full.</exception>
    /// <exception cref="ObjectDisposedException">The scheduler was disposed.</exception>
    public void Submit(GenerationTask task) => Enqueue(task);

    /// <summary>Queues a job.</summary>
    /// <exception cref="GemmaOverloadedException">The queue is full.</exception>
    /// <exception cref="ObjectDisposedException">The scheduler was disposed.</exception>
    public void Submit(EngineJob job) => Enqueue(job);

    public void Dispose()
    {
        Close();

        // Disposal from a callback on the inference thread cannot wait for that thread.
        if (!_batch.IsInferenceThread) _stopped.Task.Wait();
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await _stopped.Task.ConfigureAwait(false);
    }

    private void Close()
    {
        lock (_submitLock)
        {
            if (_closed) return;
            _closed = true;
        }

        _stopping.Cancel();
        _wake.Release();
    }

    private void Enqueue(object work)
    {
        lock (_submitLock)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_queued >= _options.MaxQueueLength) throw new GemmaOverloadedException(_queued, TimeSpan.FromSeconds(1 + (_queued / _options.MaxConcurrentRequests)));
            _queued++;
            _incoming.Enqueue(work);
        }

        _wake.Release();
    }

    private void Loop()
    {
        _batch.BindToCurrentThread();
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                Receive();
                if (_waiting.Count == 0 && _jobs.Count == 0 && _batch.Count == 0)
                {
                    _wake.Wait(CancellationToken.None);
                    continue;
                }

                Admit();
                StepJobs();
                _batch.Run(_stopping.Token);
                Volatile.Write(ref _active, _batch.Count + _jobs.Count);
            }
        }
        finally
        {
            Shutdown();
        }
    }

    private void Receive()
    {
        while (_incoming.TryDequeue(out var work))
        {
            if (work is GenerationTask task)
            {
                _waiting.Enqueue(task);
                continue;
            }

            Interlocked.Decrement(ref _queued);
            _jobs.AddLast((EngineJob)work);
        }
    }

    private void Admit()
    {
        for (var i = _waiting.Count; i > 0; i--)
        {
            var task = _waiting.Dequeue();
            if (!task.CancellationToken.IsCancellationRequested && _batch.Count >= _options.MaxConcurrentRequests)
            {
                _waiting.Enqueue(task);
                continue;
            }

            Interlocked.Decrement(ref _queued);
            if (task.CancellationToken.IsCancellationRequested) task.Finish(new OperationCanceledException(task.CancellationToken));
            else _batch.Admit(task);
        }
    }

    private void StepJobs()
    {
        for (var node = _jobs.First; node is not null;)
        {
            var (job, next) = (node.Value, node.Next);
            if (StepJob(job)) _jobs.Remove(node);
            node = next;
        }
    }

    // Whatever a job throws is that job's failure, reported to its owner; the thread and the other requests go on.
    private bool StepJob(EngineJob job)
    {
        try
        {
            job.CancellationToken.ThrowIfCancellationRequested();
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(job.CancellationToken, _stopping.Token);
            _batch.FreeIdleSequences();
            if (job.Step(_engine, linked.Token)) return false;
            job.Finish(null);
        }
        catch (OperationCanceledException) when (job.CancellationToken.IsCancellationRequested)
        {
            job.Finish(new OperationCanceledException(job.CancellationToken));
        }
        catch (Exception e)
        {
            job.Finish(e);
        }

        return true;
    }

    private void Shutdown()
    {
        Receive();
        var disposed = new ObjectDisposedException(nameof(InferenceScheduler), "The model was disposed while the request was running.");
        foreach (var task in _waiting) task.Finish(disposed);
        foreach (var job in _jobs) job.Finish(disposed);
        _batch.FinishAll(disposed);
        _batch.Dispose();
        _engine.Dispose();
        _wake.Dispose();
        _stopping.Dispose();
        _stopped.SetResult();
    }
}
