using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Generation.BeamSearch;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Generation.Requests;

/// <summary>
/// A request on its way: its sequences over one computed prompt, their updates in one stream, its span and counts. One sequence's failure is the request's.
/// </summary>
/// <param name="plan">The checked request.</param>
/// <param name="gate">Where requests go in.</param>
/// <param name="scheduler">Runs the sequences.</param>
internal sealed class GenerationRun(GenerationPlan plan, RequestGate gate, InferenceScheduler scheduler)
{
    private readonly Channel<GenerationUpdate> _updates = Channel.CreateUnbounded<GenerationUpdate>(new UnboundedChannelOptions { SingleReader = true });
    private RequestMeasurement? _measurement;
    private int _running = plan.Sequences;

    public GenerationPlan Plan => plan;

    /// <summary>Runs the request. Leaving the loop early ends it.</summary>
    public async IAsyncEnumerable<GenerationUpdate> StreamAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Leaving the loop early cancels the request; a cancelled caller gets the caller's own token.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            if (Start(ended.Token) is { } search) await SearchAsync(search).ConfigureAwait(false);
            while (true)
            {
                bool more;
                try
                {
                    more = await _updates.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    throw new OperationCanceledException(cancellationToken);
                }

                if (!more) yield break;
                while (_updates.Reader.TryRead(out var update)) yield return update;
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Counts a token, on the inference thread.</summary>
    public void CountToken() => _measurement!.CountToken();

    /// <summary>Hands an update over, on the inference thread.</summary>
    public void Write(GenerationUpdate update) => _updates.Writer.TryWrite(update);

    /// <summary>A sequence is complete.</summary>
    /// <param name="index">Which.</param>
    /// <param name="rest">The text that was held back.</param>
    /// <param name="reason">Why it ended.</param>
    /// <param name="cached">Prompt tokens that were not computed for it.</param>
    /// <param name="generated">Its tokens.</param>
    /// <param name="score">Its score in beam search.</param>
    public void Complete(int index, string rest, GenerationFinishReason reason, int cached, int generated, float? score = null)
    {
        var measurement = _measurement!;
        var summary = new GenerationSummary(reason, plan.InputTokens, cached, generated, measurement.TimeToFirstToken, measurement.Duration) { Score = score };
        if (index == 0) measurement.CachedTokens = cached;
        measurement.AddFinishReason(reason.ToName());
        var isLast = Interlocked.Decrement(ref _running) == 0;
        if (isLast) measurement.End(null);
        Write(new GenerationUpdate(null, rest, summary) { Sequence = index });
        if (isLast) _updates.Writer.TryComplete();
    }

    /// <summary>A sequence failed, or was cancelled.</summary>
    public void Fail(Exception error)
    {
        _measurement!.End(error);
        _updates.Writer.TryComplete(error);
    }

    private BeamSearchJob? Start(CancellationToken cancellationToken)
    {
        var request = plan.Request;
        _measurement = gate.Measure(new RequestTerms(request.Operation, plan.InputTokens));
        var (deadline, queueDeadline) = (gate.Deadline(request.Timeout), gate.QueueDeadline());
        try
        {
            if (plan.IsBeamSearch)
            {
                var search = plan.CreateSearch(cancellationToken);
                (search.Priority, search.Deadline, search.QueueDeadline) = (request.Priority, deadline, queueDeadline);
                scheduler.Submit(search);
                return search;
            }

            for (var i = 0; i < plan.Sequences; i++)
            {
                scheduler.Submit(new SequenceTask(this, i, cancellationToken)
                {
                    Priority = request.Priority,
                    Deadline = deadline,
                    QueueDeadline = queueDeadline,
                    Group = plan.Sequences > 1 ? this : null,
                });
            }
            return null;
        }
        catch (Exception e)
        {
            // Nobody else ends a request that was not taken.
            _measurement.End(e);
            throw;
        }
    }

    // Beams end together: their tokens come when the search is over.
    private async Task SearchAsync(BeamSearchJob search)
    {
        try
        {
            var beams = await search.Result.ConfigureAwait(false);
            for (var i = 0; i < beams.Count; i++) Write(i, beams[i]);
        }
        catch (Exception e)
        {
            // The reader throws it.
            Fail(e);
        }
    }

    private void Write(int index, Beam beam)
    {
        var text = plan.CreateText(null);
        var tokens = beam.Tokens.AsSpan(plan.Prompt.Length);
        foreach (var token in tokens)
        {
            CountToken();
            var piece = text.IsStopped ? string.Empty : text.Append(token, plan.Context.StopIds.Contains(token));
            Write(new GenerationUpdate(token, piece, null) { Sequence = index });
        }

        Complete(index, text.Flush(), plan.IsStopped(beam) ? GenerationFinishReason.Stop : GenerationFinishReason.Length, 0, tokens.Length, beam.Score);
    }
}
