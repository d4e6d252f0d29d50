using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Engines;
using Microsoft.Extensions.Logging;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>The requests that share the engine's passes. Used by the inference thread only.</summary>
internal sealed partial class RequestBatch : IDisposable
{
    private readonly IInferenceEngine _engine;
    private readonly SchedulerOptions _options;
    private readonly SchedulerStatistics _statistics;
    private readonly RequestQueue _queue;
    private readonly ILogger _logger;
    private readonly SequencePool _pool;
    private readonly PromptQueue _prompts;
    private readonly Speculator _speculator;
    private readonly PrefillShare _share = new();

    // In the order of admission.
    private readonly List<GenerationTask> _tasks = [];
    private readonly LinkedList<EngineJob> _jobs = [];
    private readonly List<GenerationTask> _selected = [];
    private readonly List<EngineInput> _inputs = [];
    private EngineJob? _shared;

    public RequestBatch(IInferenceEngine engine, SchedulerOptions options, SchedulerStatistics statistics, RequestQueue queue, ILogger logger,
        IInferenceEngine? draft = null)
    {
        _engine = engine;
        _options = options;
        _statistics = statistics;
        _queue = queue;
        _logger = logger;
        _pool = new SequencePool(engine, options);
        _prompts = new PromptQueue(_pool, options);
        _speculator = new Speculator(engine, options, statistics, draft is null ? null : new DraftModel(draft, engine.Info.VocabularySize, options), logger);
    }

    public int Count => _tasks.Count + _jobs.Count;

    /// <summary>Callers' requests: a pass that texts share counts as many.</summary>
    public int RequestCount => _tasks.Count + _jobs.Count + (_shared is null ? 0 : _shared.RequestCount - 1);

    /// <summary>Their sequences.</summary>
    public int Rows => _pool.Promised;

    /// <summary>Whether a pass that texts share is running; there is one at a time.</summary>
    public bool IsSharing => _shared is not null;

    public bool CanAdmit(SchedulerRequest request)
    {
        if (Count == 0) return true;
        return Count < _options.MaxConcurrentRequests && _pool.HasRoom(request, request.Sequences);
    }

    public void Admit(SchedulerRequest request)
    {
        if (request is SharedRequest first) request = _shared = first.CreatePass(_queue.TakeRows(first, RowsFor(first)), _options.TimeProvider);
        _pool.Promise(request);
        request.Admitted = _options.TimeProvider.GetTimestamp();
        if (request is EngineJob job)
        {
            _jobs.AddLast(job);
            return;
        }

        var task = (GenerationTask)request;
        _tasks.Add(task);
        _prompts.Add(task);
    }

    /// <summary>One round: drops what was cancelled, runs one step of a job, one piece of prompt and one token for each generating request.</summary>
    public void Run(DateTimeOffset now, CancellationToken stopping)
    {
        RemoveEnded(now);
        StepJob(stopping);
        Prefill(stopping);
        Decode(stopping);
    }

    /// <summary>Ends a request that is not, or no longer, in the batch.</summary>
    public void Finish(SchedulerRequest request, Exception? error)
    {
        try
        {
            request.End(error);
        }
        catch (Exception e)
        {
            LogFinishFailed(e);
        }
    }

    public void FinishAll(Exception error)
    {
        while (_tasks.Count > 0) Remove(_tasks[^1], error);
        while (_jobs.First is { } node) Remove(node, error);
    }

    /// <summary>Returns memory of keys and values that no sequence needs.</summary>
    public void Trim()
    {
        _engine.Trim();
        _speculator.Trim();
    }

    public void Dispose()
    {
        _speculator.Dispose();
        _pool.Dispose();
    }

    // As many texts as the pass is meant for, and as there is memory for; at least the one.
    private int RowsFor(SharedRequest first)
    {
        var tokens = Count == 0 ? _options.SharedPassTokens : _options.SharedPassTokensBesideOthers;
        var rows = Math.Clamp(tokens / first.Width, 1, Math.Clamp(_engine.Info.MaxBatchSize / 2, 1, _options.MaxSharedRows));
        while (rows > 1 && !_pool.HasRoom(first, rows)) rows--;
        return rows;
    }

    private void RemoveEnded(DateTimeOffset now)
    {
        for (var i = _tasks.Count - 1; i >= 0; i--)
        {
            if (Reason(_tasks[i], now) is { } error) Remove(_tasks[i], error);
        }

        for (var node = _jobs.First; node is not null;)
        {
            var next = node.Next;
            if (Reason(node.Value, now) is { } error) Remove(node, error);
            node = next;
        }
    }

    private static Exception? Reason(SchedulerRequest request, DateTimeOffset now) =>
        request.CancellationToken.IsCancellationRequested ? new OperationCanceledException(request.CancellationToken)
        : request.Deadline <= now ? new GemmaTimeoutException("The request reached its deadline while it was running; allow more time or ask for fewer tokens.")
        : null;

    // Whatever a job throws is that job's failure, reported to its owner; the thread and the other requests go on.
    private void StepJob(CancellationToken stopping)
    {
        if (_jobs.First is not { } node) return;
        var job = node.Value;
        _jobs.RemoveFirst();
        _jobs.AddLast(node);
        try
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(job.CancellationToken, stopping);
            _pool.Reserve();
            if (!job.Step(_engine, linked.Token)) Remove(node, null);
        }
        catch (OperationCanceledException) when (job.CancellationToken.IsCancellationRequested)
        {
            Remove(node, new OperationCanceledException(job.CancellationToken));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            Remove(node, e);
        }
    }

    private void Prefill(CancellationToken stopping)
    {
        var generating = _tasks.Count - _prompts.Count;
        if (_prompts.Count == 0 || !_share.IsDue(generating)) return;
        var limit = generating > 0 ? _options.PrefillChunkWhileDecoding : _options.PrefillChunk;
        try
        {
            _prompts.Select(_tasks, limit, _selected);
        }
        catch (Exception e) when (_prompts.Starting is not null)
        {
            Remove(_prompts.Starting, e);
            return;
        }

        if (_selected.Count == 0) return;

        _inputs.Clear();
        foreach (var task in _selected)
        {
            var length = task.BranchLength > task.Sequence!.Length ? task.BranchLength - task.Sequence.Length : task.PendingCount;
            var tokens = task.Pending(Math.Min(length, PieceLength(length, limit)));
            _inputs.Add(new EngineInput(task.Sequence, tokens, tokens.Length == task.PendingCount ? 1 : 0, Sampling: task.Sampling));
        }

        var start = _options.TimeProvider.GetTimestamp();
        RunSelected(cancellable: true, stopping);
        _share.AfterPrefill(_options.TimeProvider.GetElapsedTime(start), _prompts.Count, generating);
    }

    // Never leaves a single token over: attention rounds that differently, and a prompt shall give the same however it is cut.
    private static int PieceLength(int pending, int limit) => pending - limit != 1 ? limit : limit > 2 ? limit - 1 : limit + 1;

    private void Decode(CancellationToken stopping)
    {
        _selected.Clear();
        foreach (var task in _tasks)
        {
            if (task.Sequence is { Length: > 0 } && task.PendingCount == 1 && task.Tokens.Length > task.PromptLength) _selected.Add(task);
        }

        if (_selected.Count == 0) return;
        var start = _options.TimeProvider.GetTimestamp();
        if (_prompts.Count > 0 || _jobs.Count > 0 || !_speculator.Prepare(_selected, stopping) || !Speculate(stopping)) Step(stopping);
        _share.AfterDecode(_options.TimeProvider.GetElapsedTime(start));
    }

    private void Step(CancellationToken stopping)
    {
        _inputs.Clear();
        foreach (var task in _selected) _inputs.Add(new EngineInput(task.Sequence!, task.Pending(1), Sampling: task.Sampling));
        var start = _options.TimeProvider.GetTimestamp();
        RunSelected(cancellable: false, stopping);
        _speculator.ObserveStep(_selected, _options.TimeProvider.GetElapsedTime(start));
    }
}
