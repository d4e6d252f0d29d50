using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Generation.Scoring;

/// <summary>
/// Computes the log-probability of every token of a text, some positions per step, so that the logits of a long text are never in memory together.
/// </summary>
internal sealed class ScoringJob(ReadOnlyMemory<int> ids, int top, CancellationToken cancellationToken) : EngineJob(cancellationToken)
{
    private const int MaxLogits = 4 << 20;
    private const int MaxRows = 256;

    private readonly TaskCompletionSource<TextScore> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float?[] _logProbabilities = new float?[ids.Length];
    private readonly List<IReadOnlyList<TokenLogProbability>> _alternatives = [];
    private TokenLogit[] _lastTop = [];
    private float[] _scratch = [];
    private IEngineSequence? _sequence;
    private int _done;

    /// <summary>How many of the most likely tokens to report for each place.</summary>
    public int Alternatives { get; init; }

    /// <summary>The score.</summary>
    public Task<TextScore> Result => _result.Task;

    /// <inheritdoc/>
    public override int MaxTokens => ids.Length;

    public override bool Step(IInferenceEngine engine, CancellationToken cancellationToken)
    {
        var vocabulary = engine.Info.VocabularySize;
        if (_scratch.Length == 0) _scratch = new float[vocabulary];
        _sequence ??= engine.CreateSequence();
        var rows = Math.Min(Math.Min(ids.Length - _done, engine.Info.MaxLogitsToKeep), Math.Clamp(MaxLogits / vocabulary, 1, MaxRows));
        engine.Run([new EngineInput(_sequence, ids.Slice(_done, rows), rows)], cancellationToken);
        var logits = _sequence.Logits;
        var tokens = ids.Span;
        for (var row = 0; row < rows; row++)
        {
            var position = logits.Slice(row * vocabulary, vocabulary);
            var next = _done + row + 1;
            if (next < tokens.Length) Note(next, tokens[next], position);
            else _lastTop = TopTokens.Of(position, top);
        }

        _done += rows;
        return _done < tokens.Length;
    }

    public override void Finish(Exception? error)
    {
        _sequence?.Dispose();
        _result.Complete(error, () => new TextScore(ids.ToArray(), _logProbabilities, _lastTop) { Alternatives = _alternatives });
    }

    private void Note(int index, int token, ReadOnlySpan<float> logits)
    {
        var all = Softmax.LogSumExp(logits, _scratch);
        _logProbabilities[index] = (float)(logits[token] - all);
        if (Alternatives == 0) return;
        if (index == 1) _alternatives.Add([]);
        _alternatives.Add(Array.ConvertAll(TopTokens.Of(logits, Alternatives), other => new TokenLogProbability(other.Id, (float)(other.Logit - all))));
    }
}
