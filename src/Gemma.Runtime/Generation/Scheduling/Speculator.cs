using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Engines;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// Decides when guessing ahead pays. It keeps account per request, in units of one single-token step: a guess costs the longer pass, a right token saves a
/// step. A request may lose at most one step plus one percent; what it wins it may stake again.
/// </summary>
internal sealed class Speculator(IInferenceEngine engine, SchedulerOptions options, SchedulerStatistics statistics)
{
    private const double Allowance = 0.01;
    private const double MaxBalance = 8;
    private const double Smoothing = 0.2;

    private readonly int[] _tokens = new int[options.MaxDraftTokens + 1];
    private int _count;
    private double _stepSeconds;

    // What a further token of a pass costs, in steps. The start is what the 2b shape costs on two cores.
    private double _tokenCost = 0.25;

    /// <summary>The token to run and the guessed ones behind it.</summary>
    public ReadOnlyMemory<int> Tokens => _tokens.AsMemory(0, _count);

    /// <summary>Guesses for a request that has one token to run.</summary>
    /// <returns>Whether the guess is worth a try.</returns>
    public bool Prepare(GenerationTask task)
    {
        if (!options.PromptLookup || !engine.Info.ComputesRowsTogether || _stepSeconds == 0) return false;
        var (state, length) = (task.Speculation, task.Sequence!.Length);
        var room = Math.Min(Math.Min(options.MaxDraftTokens, state.Length), engine.Info.MaxLogitsToKeep - 1);
        room = Math.Min(room, Math.Min(engine.Info.ContextLength, task.MaxTokens) - length - 1);
        room = (int)Math.Min(room, state.Balance / _tokenCost);
        if (room <= 0) return false;
        _count = 1 + PromptLookup.Draft(task.Tokens, _tokens.AsSpan(1, room));
        _tokens[0] = task.Tokens[^1];
        return _count > 1;
    }

    /// <summary>A pass with one token of this request alone took so long.</summary>
    public void ObserveStep(GenerationTask task, TimeSpan elapsed)
    {
        _stepSeconds = _stepSeconds == 0 ? elapsed.TotalSeconds : _stepSeconds + (Smoothing * (elapsed.TotalSeconds - _stepSeconds));
        task.Speculation.Balance = Math.Min(MaxBalance, task.Speculation.Balance + Allowance);
    }

    /// <summary>The pass over <see cref="Tokens"/> took so long, and so many guesses were right.</summary>
    public void ObserveDraft(GenerationTask task, int right, TimeSpan elapsed)
    {
        var (drafted, state) = (_count - 1, task.Speculation);
        var cost = Math.Clamp(((elapsed.TotalSeconds / _stepSeconds) - 1) / drafted, 0.02, 2);
        _tokenCost += Smoothing * (cost - _tokenCost);
        state.Balance = Math.Min(MaxBalance, state.Balance + right - (drafted * _tokenCost));
        state.Length = right == drafted ? Math.Min(options.MaxDraftTokens, drafted * 2) : Math.Max(2, right + 1);
        statistics.CountDraft(drafted, right);
    }
}
