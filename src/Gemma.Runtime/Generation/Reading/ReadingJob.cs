using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Generation.Reading;

/// <summary>Reads waiting texts, one ragged pass at a time, between the passes of generating requests, until none waits. The language-model head is skipped.</summary>
/// <param name="queue">The texts.</param>
/// <param name="maxRows">The most texts of a pass.</param>
/// <param name="maxTokens">The most tokens of the next pass, padding included; a text of more goes alone.</param>
internal sealed class ReadingJob(ReadingQueue queue, int maxRows, Func<int> maxTokens) : EngineJob(CancellationToken.None)
{
    /// <summary>Longer texts are read in pieces of this length, always the same ones: attention rounds a text that is cut elsewhere differently.</summary>
    public const int PieceTokens = 512;

    private readonly List<HiddenStateRequest> _cancelled = [];

    // Rows whose readers have not been told how it ended.
    private List<ReadingRow> _rows = [];
    private IEngineSequence? _sequence;

    public override int Sequences => maxRows;

    public override int MaxTokens => Math.Max(PieceTokens, _rows is [{ } only] ? only.Tokens.Length : queue.LongestText);

    public override bool Step(IInferenceEngine engine, CancellationToken cancellationToken)
    {
        if (_rows.Count == 0)
        {
            _rows = queue.Take(maxTokens(), _cancelled);
            foreach (var request in _cancelled) Fail(request, new OperationCanceledException(request.CancellationToken));
            _cancelled.Clear();
            if (_rows.Count == 0) return false;
        }

        if (_rows is [{ Tokens.Length: > PieceTokens } only]) StepLongText(engine, only, cancellationToken);
        else RunRows(engine, [.. _rows], cancellationToken);
        return true;
    }

    public override void Finish(Exception? error)
    {
        _sequence?.Dispose();
        _sequence = null;
        if (error is null) return;
        foreach (var row in _rows) FailAll(row, error);
        _rows.Clear();
        foreach (var request in queue.Clear()) Fail(request, error);
    }

    private void StepLongText(IInferenceEngine engine, ReadingRow row, CancellationToken cancellationToken)
    {
        _sequence ??= engine.CreateSequence();
        var position = _sequence.Length;
        var piece = row.Tokens.Slice(position, Math.Min(PieceTokens, row.Tokens.Length - position));
        var isDone = Run(engine, [row], [new EngineInput(_sequence, piece, 0, HiddenStates: true)], cancellationToken);
        if (isDone)
        {
            foreach (var reader in row.Readers.ToArray()) Accept(row, reader, position, _sequence.HiddenStates);
            if (row.Readers.Count > 0 && _sequence.Length < row.Tokens.Length) return;
            foreach (var reader in row.Readers) Complete(reader);
        }

        _sequence.Dispose();
        _sequence = null;
        _rows.Clear();
    }

    private void RunRows(IInferenceEngine engine, List<ReadingRow> rows, CancellationToken cancellationToken)
    {
        var sequences = rows.ConvertAll(_ => engine.CreateSequence());
        try
        {
            var inputs = rows.Zip(sequences, (row, sequence) => new EngineInput(sequence, row.Padded(engine.Info.ContextLength), 0, HiddenStates: true)).ToArray();
            if (!Run(engine, rows, inputs, cancellationToken)) return;
            for (var i = 0; i < rows.Count; i++)
            {
                foreach (var reader in rows[i].Readers.ToArray()) Accept(rows[i], reader, 0, sequences[i].HiddenStates[..(rows[i].Tokens.Length * engine.Info.HiddenSize)]);
                foreach (var reader in rows[i].Readers) Complete(reader);
                _rows.Remove(rows[i]);
            }
        }
        finally
        {
            foreach (var sequence in sequences) sequence.Dispose();
        }
    }

    // A pass is interrupted when nobody waits for any of its rows. What the native library refuses is the rows' failure, not the queue's; a row that shares a pass gets a second try alone.
    private bool Run(IInferenceEngine engine, List<ReadingRow> rows, EngineInput[] inputs, CancellationToken cancellationToken)
    {
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var registrations = rows.SelectMany(static row => row.Readers).Select(static reader => reader.CancellationToken).Distinct().Select(token => token.UnsafeRegister(
            _ =>
            {
                if (rows.TrueForAll(static row => row.IsAbandoned)) interrupt.Cancel();
            },
            null)).ToArray();
        try
        {
            engine.Run(inputs, interrupt.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            foreach (var row in rows) FailAll(row, null);
            _rows.RemoveAll(rows.Contains);
        }
        catch (EngineException e) when (rows.Count == 1)
        {
            FailAll(rows[0], e);
            _rows.Remove(rows[0]);
        }
        catch (EngineException)
        {
            foreach (var input in inputs) input.Sequence.Dispose();
            foreach (var row in rows) RunRows(engine, [row], cancellationToken);
        }
        finally
        {
            foreach (var registration in registrations) registration.Dispose();
        }

        return false;
    }

    // Whatever a reader's own code throws is that reader's failure.
    private static void Accept(ReadingRow row, HiddenStateRequest reader, int position, ReadOnlySpan<float> states)
    {
        try
        {
            reader.Accept(position, states);
        }
        catch (Exception e)
        {
            row.Readers.Remove(reader);
            Fail(reader, e);
        }
    }

    private static void Complete(HiddenStateRequest reader)
    {
        if (reader.CancellationToken.IsCancellationRequested) Fail(reader, new OperationCanceledException(reader.CancellationToken));
        else reader.Finish(null);
    }

    private static void FailAll(ReadingRow row, Exception? error)
    {
        foreach (var reader in row.Readers) Fail(reader, error ?? new OperationCanceledException(reader.CancellationToken));
        row.Readers.Clear();
    }

    private static void Fail(HiddenStateRequest reader, Exception error) => reader.Finish(error);
}
