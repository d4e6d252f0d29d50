using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Generation.Pooling;

/// <summary>One ragged pass over texts of one width, or over a long text piece by piece. The language-model head is skipped.</summary>
internal sealed class PoolingPass : EngineJob
{
    /// <summary>Longer texts are read in pieces of this length, always the same ones: attention rounds a text that is cut elsewhere differently.</summary>
    public const int PieceTokens = 512;

    private readonly int _width;
    private readonly TimeProvider _time;

    // Rows with requests that have not been told how it ended.
    private readonly List<SharedRow> _rows;
    private IEngineSequence? _sequence;

    /// <summary>Prepares a pass.</summary>
    /// <param name="rows">The texts, all of <see cref="PoolingRequest"/>s.</param>
    /// <param name="width">Tokens of a row, padding included.</param>
    /// <param name="time">The clock of deadlines.</param>
    public PoolingPass(IReadOnlyList<SharedRow> rows, int width, TimeProvider time)
        : base(CancellationToken.None)
    {
        _width = width;
        _time = time;
        _rows = [.. rows];
        Sequences = _rows.Count;
        RequestCount = _rows.Sum(static row => row.Requests.Count);
    }

    /// <inheritdoc/>
    public override int Sequences { get; }

    /// <inheritdoc/>
    public override int RequestCount { get; }

    /// <inheritdoc/>
    public override int MaxTokens => _width;

    public override bool Step(IInferenceEngine engine, CancellationToken cancellationToken)
    {
        if (_rows is [{ Tokens.Length: > PieceTokens } only] && engine.Info.ContinuesSequences) return StepLongText(engine, only, cancellationToken);
        RunRows(engine, [.. _rows], cancellationToken);
        return false;
    }

    public override void Finish(Exception? error)
    {
        _sequence?.Dispose();
        _sequence = null;
        foreach (var row in _rows) FailAll(row, error);
        _rows.Clear();
    }

    private static void FailAll(SharedRow row, Exception? error)
    {
        foreach (var request in row.Requests) request.End(error ?? new OperationCanceledException(request.CancellationToken));
        row.Requests.Clear();
    }

    private static void Complete(SharedRow row)
    {
        foreach (var request in row.Requests)
            request.End(request.CancellationToken.IsCancellationRequested ? new OperationCanceledException(request.CancellationToken) : null);
        row.Requests.Clear();
    }

    // Whatever a request's own code throws is that request's failure.
    private static void Accept(SharedRow row, int position, ReadOnlySpan<float> states)
    {
        for (var i = row.Requests.Count - 1; i >= 0; i--)
        {
            var request = (PoolingRequest)row.Requests[i];
            try
            {
                request.Accept(position, states);
            }
            catch (Exception e)
            {
                row.Requests.RemoveAt(i);
                request.End(e);
            }
        }
    }

    private bool StepLongText(IInferenceEngine engine, SharedRow row, CancellationToken cancellationToken)
    {
        EndLate(row);
        if (row.Requests.Count == 0) return false;
        _sequence ??= engine.CreateSequence();
        var position = _sequence.Length;
        var piece = row.Tokens.Slice(position, Math.Min(PieceTokens, row.Tokens.Length - position));
        if (!Run(engine, [row], [new EngineInput(_sequence, piece, 0, HiddenStates: true)], cancellationToken)) return false;
        Accept(row, position, _sequence.HiddenStates);
        if (row.Requests.Count > 0 && _sequence.Length < row.Tokens.Length) return true;
        Complete(row);
        return false;
    }

    private void EndLate(SharedRow row)
    {
        var now = _time.GetUtcNow();
        for (var i = row.Requests.Count - 1; i >= 0; i--)
        {
            if (row.Requests[i] is not { } request || !(request.Deadline <= now)) continue;
            row.Requests.RemoveAt(i);
            request.End(new GemmaTimeoutException("The request reached its deadline while its text was being read; allow more time or give shorter texts."));
        }
    }

    private void RunRows(IInferenceEngine engine, List<SharedRow> rows, CancellationToken cancellationToken)
    {
        var sequences = rows.ConvertAll(_ => engine.CreateSequence());
        try
        {
            var inputs = rows.Zip(sequences,
                (row, sequence) =>
                    new EngineInput(sequence, engine.Info.ContinuesSequences
                        ? Padded(row.Tokens, engine.Info.ContextLength)
                        : row.Tokens, 0, HiddenStates: true)).ToArray();
            if (!Run(engine, rows, inputs, cancellationToken)) return;
            for (var i = 0; i < rows.Count; i++)
            {
                Accept(rows[i], 0, sequences[i].HiddenStates[..(rows[i].Tokens.Length * engine.Info.HiddenSize)]);
                Complete(rows[i]);
            }
        }
        finally
        {
            foreach (var sequence in sequences) sequence.Dispose();
        }
    }

    // A pass is interrupted when nobody waits for any of its rows. What the native library refuses is the rows' failure; a row that shares a pass gets a second
    // try alone.
    private bool Run(IInferenceEngine engine, List<SharedRow> rows, EngineInput[] inputs, CancellationToken cancellationToken)
    {
        try
        {
            RunInterruptibly(engine, rows, inputs, cancellationToken);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            foreach (var row in rows) FailAll(row, null);
        }
        catch (EngineException e) when (rows.Count == 1)
        {
            FailAll(rows[0], e);
        }
        catch (EngineException)
        {
            foreach (var input in inputs) input.Sequence.Dispose();
            foreach (var row in rows) RunRows(engine, [row], cancellationToken);
        }

        return false;
    }

    private static void RunInterruptibly(IInferenceEngine engine, List<SharedRow> rows, EngineInput[] inputs, CancellationToken cancellationToken)
    {
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var registrations = rows.SelectMany(static row => row.Requests).Select(static request => request.CancellationToken).Distinct()
            .Select(token => token.UnsafeRegister(
            _ =>
            {
                if (rows.TrueForAll(static row => row.IsAbandoned)) interrupt.Cancel();
            },
            null)).ToArray();
        try
        {
            engine.Run(inputs, interrupt.Token);
        }
        finally
        {
            // Waits for callbacks that run: the rows change only after them.
            foreach (var registration in registrations) registration.Dispose();
        }
    }

    private ReadOnlyMemory<int> Padded(ReadOnlyMemory<int> tokens, int contextLength)
    {
        var width = Math.Min(_width, contextLength);
        if (width == tokens.Length) return tokens;
        var padded = new int[width];
        tokens.Span.CopyTo(padded);
        return padded;
    }
}
