using System.Runtime.InteropServices;
using Gemma.Runtime.Engines;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>The requests that share the engine's passes, and their sequences. Used by the inference thread only.</summary>
internal sealed class RequestBatch(IInferenceEngine engine, SchedulerOptions options) : IDisposable
{
    private readonly List<GenerationTask> _tasks = [];
    private readonly List<GenerationTask> _ready = [];
    private readonly List<EngineInput> _inputs = [];
    private readonly PrefixCache _cache = new(options.MaxCachedSequences);
    private readonly int _maxSequences = engine.Info.MaxBatchSize;
    private int _threadId;

    public int Count => _tasks.Count;

    public bool IsInferenceThread => Environment.CurrentManagedThreadId == _threadId;

    public void BindToCurrentThread() => _threadId = Environment.CurrentManagedThreadId;

    /// <summary>Gives the request a sequence, with as much of its prompt as the cache or a running request holds.</summary>
    public void Admit(GenerationTask task)
    {
        var (source, length) = FindPrefix(task);
        var full = _tasks.Count + _cache.Count >= _maxSequences;
        if (source is not null && _cache.Contains(source) && (source.Length == length || full))
        {
            // Nobody else can use more of it, or there is no room for a copy.
            _cache.Take(source);
            source.Truncate(length);
            task.Sequence = source;
        }
        else
        {
            if (full) _cache.Evict(source);
            task.Sequence = engine.CreateSequence();
            if (source is not null)
            {
                if (_cache.Contains(source)) _cache.Touch(source);
                task.Sequence.CopyFrom(source, length);
            }
        }

        task.CachedTokens = length;
        _tasks.Add(task);
    }

    /// <summary>One round: drops cancelled requests, runs one piece of prompt and one token for each generating request.</summary>
    public void Run(CancellationToken stopping)
    {
        for (var i = _tasks.Count - 1; i >= 0; i--)
        {
            if (_tasks[i].CancellationToken.IsCancellationRequested) Remove(_tasks[i], new OperationCanceledException(_tasks[i].CancellationToken));
        }

        Prefill(stopping);
        Decode(stopping);
    }

    /// <summary>Lets go of cached sequences, so that a job finds free places.</summary>
    public void FreeIdleSequences()
    {
        while (_tasks.Count + _cache.Count > _maxSequences / 2 && _cache.Evict())
        {
        }
    }

    public void FinishAll(Exception error)
    {
        while (_tasks.Count > 0) Remove(_tasks[^1], error);
    }

    public void Dispose() => _cache.Dispose();

    private (IEngineSequence? Sequence, int Length) FindPrefix(GenerationTask task)
    {
        var best = _cache.Find(task.Tokens);
        foreach (var other in _tasks)
        {
            var length = PrefixCache.UsablePrefix(task.Tokens, other.Tokens[..other.Sequence!.Length]);
            if (length > best.Length) best = (other.Sequence, length);
        }

        return best.Length >= options.MinCachedPrefix && options.MaxCachedSequences > 0 ? best : (null, 0);
    }

    private void Prefill(CancellationToken stopping)
    {
        var task = _tasks.Find(candidate => candidate.PendingCount > 1);
        if (task is null) return;
        var others = _tasks.Exists(candidate => candidate.PendingCount == 1);
        var chunk = task.Pending(others ? options.PrefillChunkWhileDecoding : options.PrefillChunk);
        var last = chunk.Length == task.PendingCount;
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(task.CancellationToken, stopping);
        try
        {
            engine.Run([new EngineInput(task.Sequence!, chunk, last ? 1 : 0)], linked.Token);
        }
        catch (OperationCanceledException)
        {
            if (task.CancellationToken.IsCancellationRequested) Remove(task, new OperationCanceledException(task.CancellationToken));
            return;
        }
        catch (EngineException e)
        {
            Remove(task, e);
            return;
        }

        if (last) Advance(task);
    }

    private void Decode(CancellationToken stopping)
    {
        _ready.Clear();
        _inputs.Clear();
        foreach (var task in _tasks)
        {
            if (task.PendingCount != 1) continue;
            _ready.Add(task);
            _inputs.Add(new EngineInput(task.Sequence!, task.Pending(1)));
        }

        if (_ready.Count == 0) return;
        try
        {
            engine.Run(CollectionsMarshal.AsSpan(_inputs), stopping);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (EngineException e)
        {
            DecodeOneByOne(e, stopping);
            return;
        }

        foreach (var task in _ready) Advance(task);
    }

    // One request that the native library cannot run must not end the others.
    private void DecodeOneByOne(EngineException error, CancellationToken stopping)
    {
        foreach (var task in _ready.ToArray())
        {
            if (_ready.Count == 1)
            {
                Remove(task, error);
                continue;
            }

            try
            {
                engine.Run([new EngineInput(task.Sequence!, task.Pending(1))], stopping);
            }
            catch (EngineException e)
            {
                Remove(task, e);
                continue;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            Advance(task);
        }
    }

    // Whatever a request's own code throws (a processor, a constraint) is that request's failure, reported to its caller; the others go on.
    private void Advance(GenerationTask task)
    {
        try
        {
            if (task.Accept(task.Sequence!.Logits, out var next))
            {
                task.Append(next);
                return;
            }
        }
        catch (Exception e)
        {
            Remove(task, e);
            return;
        }

        Remove(task, null);
    }

    private void Remove(GenerationTask task, Exception? error)
    {
        _tasks.Remove(task);
        if (task.Sequence is { } sequence)
        {
            task.Sequence = null;
            if (error is null or OperationCanceledException) _cache.Add(sequence, task.Tokens[..sequence.Length]);
            else sequence.Dispose();
        }

        task.Finish(error);
    }
}
