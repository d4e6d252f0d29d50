using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation.BeamSearch;

/// <summary>The best finished beams, and whether a running one could still join them.</summary>
internal sealed class FinishedBeams
{
    // transformers' stand-in for "no beam yet".
    private const float Nothing = -1e9f;

    private readonly int _promptLength;
    private readonly int _maxNewTokens;
    private readonly double _lengthPenalty;
    private readonly EarlyStopping _earlyStopping;
    private Beam[] _best;
    private bool _canImprove = true;

    public FinishedBeams(int beams, Beam empty, int maxLength, double lengthPenalty, EarlyStopping earlyStopping)
    {
        _promptLength = empty.Tokens.Length;
        _maxNewTokens = maxLength - _promptLength;
        _lengthPenalty = lengthPenalty;
        _earlyStopping = earlyStopping;
        _best = new Beam[beams];
        Array.Fill(_best, empty with { Score = Nothing });
    }

    /// <summary>Best first.</summary>
    public IReadOnlyList<Beam> Best => _best;

    /// <summary>Whether the search can end, since no further beam would be taken.</summary>
    public bool IsComplete => !_canImprove || IsFull;

    private bool IsFull => _earlyStopping == EarlyStopping.WhenEnough && AllFinished;

    private bool AllFinished => Array.TrueForAll(_best, beam => beam.IsFinished);

    /// <summary>Takes those of the step's beams that finished and are among the best.</summary>
    public void Add(IEnumerable<Beam> beams)
    {
        if (IsComplete) return;
        _best = [.. _best.Concat(beams.Select(beam => beam with { Score = beam.Score / Penalty(beam.Tokens.Length - _promptLength) }))
            .OrderByDescending(beam => beam.Score).Take(_best.Length)];
    }

    /// <summary>Judges, after a step, whether the best running beam could beat the worst finished one.</summary>
    /// <param name="bestRunning">The best running beam's score.</param>
    /// <param name="newTokens">The tokens generated so far.</param>
    public void Judge(float bestRunning, int newTokens)
    {
        var length = _earlyStopping == EarlyStopping.Never && _lengthPenalty > 0 ? _maxNewTokens : newTokens;
        var worst = AllFinished ? _best[^1].Score : Nothing;
        _canImprove &= bestRunning / Penalty(length) > worst;
    }

    private float Penalty(int length) => (float)Math.Pow(length, _lengthPenalty);
}
