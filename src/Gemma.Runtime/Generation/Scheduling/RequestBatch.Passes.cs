using System.Runtime.InteropServices;
using Gemma.Runtime.Engines;
using Microsoft.Extensions.Logging;

namespace Gemma.Runtime.Generation.Scheduling;

/// <content>Passes of the engine, and what becomes of the requests after one.</content>
internal sealed partial class RequestBatch
{
    // Runs the inputs of the selected requests in one call. One request that the engine cannot run must not end the others: after a failure each goes alone.
    private void RunSelected(bool cancellable, CancellationToken stopping)
    {
        try
        {
            RunEngine(CollectionsMarshal.AsSpan(_inputs), cancellable ? _selected : null, stopping);
        }
        catch (OperationCanceledException)
        {
            // The next round removes whose request it was; the others run again.
            return;
        }
        catch (Exception e) when (_selected.Count == 1)
        {
            Remove(_selected[0], e);
            return;
        }
        catch (Exception)
        {
            RunOneByOne(stopping);
            return;
        }

        for (var i = 0; i < _selected.Count; i++) AfterPass(_selected[i], _inputs[i].Tokens.Length);
    }

    private void RunOneByOne(CancellationToken stopping)
    {
        for (var i = 0; i < _selected.Count && !stopping.IsCancellationRequested; i++)
        {
            try
            {
                RunEngine([_inputs[i]], null, stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                Remove(_selected[i], e);
                continue;
            }

            AfterPass(_selected[i], _inputs[i].Tokens.Length);
        }
    }

    private void RunEngine(ReadOnlySpan<EngineInput> inputs, List<GenerationTask>? cancellable, CancellationToken stopping)
    {
        _pool.Reserve(inputs);
        _statistics.CountPass();
        if (cancellable is null)
        {
            _engine.Run(inputs, stopping);
            return;
        }

        using var linked = CancellationTokenSource.CreateLinkedTokenSource([stopping, .. cancellable.Select(task => task.CancellationToken)]);
        _engine.Run(inputs, linked.Token);
    }

    private void AfterPass(GenerationTask task, int tokens)
    {
        if (task.Tokens.Length == task.PromptLength)
        {
            if (task.Sequence!.Length == tokens + task.CachedTokens) _statistics.CountCached(task.CachedTokens);
            _statistics.CountPrompt(tokens);
            _prompts.Advance(task);
            if (!KeepBranch(task)) return;
        }

        if (task.PendingCount == 0) Accept(task, task.Sequence!.Logits, task.Sequence.SampledToken);
    }

    private bool KeepBranch(GenerationTask task)
    {
        try
        {
            _pool.KeepBranch(task);
            return true;
        }
        catch (Exception e)
        {
            Remove(task, e);
            return false;
        }
    }

    // Whatever a request's own code throws (a processor, a constraint) is that request's failure, reported to its caller; the others go on.
    private bool Accept(GenerationTask task, ReadOnlySpan<float> logits, int? sampled = null)
    {
        try
        {
            var token = sampled ?? task.Choose(logits);
            if (task.Accept(token))
            {
                task.Append(token);
                _statistics.CountGenerated();
                return true;
            }
        }
        catch (Exception e)
        {
            Remove(task, e);
            return false;
        }

        _statistics.CountGenerated();
        Remove(task, null);
        return false;
    }

    // One pass over the tokens to run and the guessed ones behind them; each request chooses at each position as it would one by one.
    private bool Speculate(CancellationToken stopping)
    {
        var drafts = _speculator.Drafts;
        var start = _options.TimeProvider.GetTimestamp();
        _inputs.Clear();
        foreach (var draft in drafts) _inputs.Add(new EngineInput(draft.Task.Sequence!, draft.Tokens, draft.Tokens.Length));
        try
        {
            RunEngine(CollectionsMarshal.AsSpan(_inputs), null, stopping);
        }
        catch (Exception)
        {
            // A step says whose fault it is.
            foreach (var draft in drafts) draft.Settle(0, _options.MaxDraftTokens);
            return false;
        }

        Span<int> right = stackalloc int[drafts.Count];
        for (var i = 0; i < drafts.Count; i++) right[i] = AcceptGuesses(drafts[i]);
        _speculator.ObserveCheck(right, _options.TimeProvider.GetElapsedTime(start));
        return true;
    }

    private int AcceptGuesses(Draft draft)
    {
        var task = draft.Task;
        var tokens = draft.Tokens.Span;
        var sequence = task.Sequence!;
        var logits = sequence.Logits;
        var width = logits.Length / tokens.Length;
        var right = 0;
        bool goesOn;
        while ((goesOn = Accept(task, logits.Slice(right * width, width))) && right < tokens.Length - 1 && task.Tokens[^1] == tokens[right + 1]) right++;
        if (goesOn) sequence.Truncate(task.Tokens.Length - 1);
        return right;
    }

    private void Remove(GenerationTask task, Exception? error)
    {
        _tasks.Remove(task);
        _prompts.Remove(task);
        _pool.TakeBack(task);
        var keep = error is null or OperationCanceledException or GemmaTimeoutException;
        _pool.Release(task, keep);
        _speculator.Release(task, keep);
        Observe(task, error);
        Finish(task, error);
    }

    private void Remove(LinkedListNode<EngineJob> node, Exception? error)
    {
        _jobs.Remove(node);
        if (node.Value == _shared) _shared = null;
        Observe(node.Value, error);
        Finish(node.Value, error);
        _pool.TakeBack(node.Value);
    }

    // What a caller that is refused is told about when to try again.
    private void Observe(SchedulerRequest request, Exception? error)
    {
        if (error is null) _queue.Observe(_options.TimeProvider.GetElapsedTime(request.Admitted) / request.RequestCount);
    }

    [LoggerMessage(2, LogLevel.Error, "A request's completion failed")]
    private partial void LogFinishFailed(Exception exception);
}
