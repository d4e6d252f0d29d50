using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Engines;
using Microsoft.Extensions.Logging;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// Decides when guessing ahead pays, and who guesses: prompt lookup, which costs nothing, before the draft model. It keeps account per request, in steps:
/// guessing and the longer pass cost, a right token saves a step. A request may lose about one step plus one percent; what it wins it may stake again.
/// </summary>
internal sealed partial class Speculator(
    IInferenceEngine engine, SchedulerOptions options, SchedulerStatistics statistics, DraftModel? model, ILogger logger) : IDisposable
{
    private const double Allowance = 0.01;
    private const double MostBalance = 8;
    private const double MostCredit = 64;
    private const double Stake = 2;
    private const double CreditOfStep = 8;
    private const int MostRequests = 4;
    private const int RoundsBetweenSteps = 32;

    private readonly ILogger _logger = logger;
    private readonly PassCosts[] _costs = [.. Enumerable.Range(0, MostRequests).Select(_ => new PassCosts())];
    private readonly List<Draft> _drafts = [];
    private DraftModel? _model = model;
    private bool _isLookup;
    private int _rounds;

    // What requests together won by the draft model, for its reading of the next prompts. It may owe for one.
    private double _credit = MostBalance;

    /// <summary>The guesses to check.</summary>
    public IReadOnlyList<Draft> Drafts => _drafts;

    /// <summary>Guesses for requests that each have one token to run.</summary>
    /// <returns>Whether the guesses are worth a check.</returns>
    public bool Prepare(List<GenerationTask> tasks, CancellationToken stopping)
    {
        if (!MayGuess(tasks)) return false;

        // What a step takes changes with the text's length, and with what else the machine does: now and then one is measured.
        var costs = _costs[tasks.Count - 1];
        if (!costs.IsKnown) return false;
        if (++_rounds % RoundsBetweenSteps == 0)
        {
            if (_model is not null) costs.Forget();
            return false;
        }

        _drafts.Clear();
        foreach (var task in tasks)
        {
            task.Draft.Begin(RoomOf(task));
            _drafts.Add(task.Draft);
        }

        return LookUp(costs) || Guess(costs, stopping);
    }

    /// <summary>A step of these requests took so long.</summary>
    public void ObserveStep(List<GenerationTask> tasks, TimeSpan elapsed)
    {
        if (!MayGuess(tasks)) return;
        _costs[tasks.Count - 1].ObserveStep(elapsed);
        _credit = Math.Min(MostCredit, _credit + Allowance);
        foreach (var task in tasks) Book(task.Draft, Allowance);
    }

    /// <summary>The check of the guesses took so long, and so many of each request's were right.</summary>
    public void ObserveCheck(ReadOnlySpan<int> right, TimeSpan elapsed)
    {
        var costs = _costs[_drafts.Count - 1];
        var guessed = _drafts.Average(draft => draft.Count);
        var cost = costs.ObserveCheck(guessed, elapsed);
        for (var i = 0; i < right.Length; i++)
        {
            var draft = _drafts[i];
            statistics.CountDraft(draft.Count, right[i]);
            Win(draft, right[i] - cost);
            draft.Settle(right[i], options.MaxDraftTokens);
        }
    }

    /// <summary>A request ends.</summary>
    /// <param name="task">The request.</param>
    /// <param name="keep">Whether what was computed for it is sound.</param>
    public void Release(GenerationTask task, bool keep) => _model?.Release(task.Draft, keep);

    /// <summary>Returns memory that no sequence needs.</summary>
    public void Trim() => _model?.Engine.Trim();

    public void Dispose()
    {
        _model?.Dispose();
        _model = null;
    }

    private bool MayGuess(List<GenerationTask> tasks) =>
        (options.PromptLookup || _model is not null) && engine.Info.ComputesRowsTogether && tasks.Count <= MostRequests;

    private static void Book(Draft draft, double steps) => draft.Balance = Math.Min(MostBalance, draft.Balance + steps);

    private void Win(Draft draft, double steps)
    {
        Book(draft, steps);
        if (!_isLookup) _credit = Math.Min(MostCredit, _credit + steps);
    }

    private int RoomOf(GenerationTask task)
    {
        var room = Math.Min(options.MaxDraftTokens, engine.Info.MaxLogitsToKeep - 1);
        return Math.Max(0, Math.Min(room, Math.Min(engine.Info.ContextLength, task.MaxTokens) - task.Sequence!.Length - 1));
    }

    private bool LookUp(PassCosts costs)
    {
        _isLookup = options.PromptLookup && _drafts.Count == 1;
        if (!_isLookup) return false;
        var draft = _drafts[0];
        var room = Math.Min(draft.Room, draft.LookupLength);
        while (room > 0 && costs.Check(room) > draft.Balance) room--;
        return _isLookup = draft.LookUp(room);
    }

    private bool Guess(PassCosts costs, CancellationToken stopping)
    {
        if (_model is null || !IsWorthwhile(costs)) return false;
        try
        {
            return IsRead(_model, costs, stopping) && Guess(_model, costs, stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception e)
        {
            // The requests need no draft model.
            LogDraftFailed(e);
            Dispose();
            return false;
        }
    }

    // Whether every request can pay for a guess, should all of it be wrong, and would win if all were right. In doubt a saved stake pays for finding out.
    private bool IsWorthwhile(PassCosts costs)
    {
        var (balance, room) = (_drafts.Min(StakeOf), _drafts.Max(draft => draft.Room));
        if (!costs.KnowsGuesses) room = Math.Min(room, 1);
        while (room > 0 && Cost(room) > balance) room--;
        foreach (var draft in _drafts) draft.Room = Math.Min(draft.Room, room);
        return room > 0 && (balance >= Stake || room > Cost(room));

        double Cost(int tokens) => (costs.DraftPass * tokens) + costs.Check(tokens);
    }

    // What requests won before, by guesses of the same model, pays for finding out whether it wins here; from then on a request has its own account.
    private double StakeOf(Draft draft) =>
        draft.Sequence is null ? Math.Clamp(draft.Balance + (_credit / CreditOfStep) - 1, 0, MostBalance) : draft.Balance;

    // Reads one piece at most: the step that follows bounds the gap between tokens.
    private bool IsRead(DraftModel model, PassCosts costs, CancellationToken stopping)
    {
        foreach (var draft in _drafts)
        {
            if (draft.Task.Tokens.Length >= model.Engine.Info.ContextLength) return false;
            if (draft.Sequence is null && (_credit <= 0 || !HasBegun(draft.Task, costs) || !model.Attach(draft))) return false;

            // What it missed while guessing did not pay is the request's own cost.
            var (unread, missed) = (DraftModel.Unread(draft), draft.Sequence!.Length >= draft.Task.PromptLength);
            if (unread == 0) continue;
            if (missed && costs.Read(unread) > draft.Balance) return false;
            var start = options.TimeProvider.GetTimestamp();
            var count = model.Read(draft, stopping);
            var cost = costs.ObserveRead(count, options.TimeProvider.GetElapsedTime(start));
            if (missed) Win(draft, -cost);
            else _credit -= cost;
            return false;
        }

        return true;
    }

    // Most answers that are short are over by then: reading their prompts would be in vain.
    private static bool HasBegun(GenerationTask task, PassCosts costs) =>
        task.Tokens.Length - task.PromptLength > Math.Max(2, costs.Read(task.PromptLength));

    private bool Guess(DraftModel model, PassCosts costs, CancellationToken stopping)
    {
        var cost = model.Guess(_drafts, costs, stopping);
        if (cost == 0) return false;
        foreach (var draft in _drafts) Win(draft, -cost);
        if (_drafts.Average(draft => draft.Expected) > costs.Check(_drafts.Average(draft => draft.Count))) return true;
        foreach (var draft in _drafts) draft.Settle(0, options.MaxDraftTokens);
        return false;
    }

    [LoggerMessage(3, LogLevel.Error, "The draft model failed; answers come without it until the model is opened again")]
    private partial void LogDraftFailed(Exception exception);
}
