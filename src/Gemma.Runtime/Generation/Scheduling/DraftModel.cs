using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Sampling;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// A smaller model with the same vocabulary guesses: it continues requests greedily, on sequences of its own, as long as a further guess is likely enough to be
/// right. Source: Leviathan et al., "Fast inference from transformers via speculative decoding", 2022.
/// </summary>
/// <param name="engine">The smaller model; disposed with this.</param>
/// <param name="vocabularySize">Width of the larger model's logits.</param>
/// <param name="options">Limits.</param>
internal sealed class DraftModel(IInferenceEngine engine, int vocabularySize, SchedulerOptions options) : IDisposable
{
    // What a pass that guesses may read; more is read before, piece by piece.
    private const int MostPending = 8;

    private readonly PrefixCache _cache = new(options.MaxCachedSequences);
    private readonly List<Draft> _attached = [];
    private readonly List<Draft> _guessing = [];
    private readonly List<EngineInput> _inputs = [];
    private readonly float[] _scores = new float[vocabularySize];
    private readonly float[] _scratch = new float[vocabularySize];

    public IInferenceEngine Engine => engine;

    /// <summary>Gives a request a sequence, which begins with what the cache has of its tokens.</summary>
    /// <returns>False if there is no room for it.</returns>
    public bool Attach(Draft draft)
    {
        var demand = engine.DemandOf(draft.Task.MaxTokens);
        foreach (var other in _attached) demand += engine.DemandOf(other.Task.MaxTokens);
        while (!Fits(demand + _cache.Demand(engine)))
        {
            if (_cache.Count == 0) return false;
            _cache.Evict();
        }

        var (source, length) = _cache.Find(draft.Task.Tokens, out _);
        if (source is not null)
        {
            _cache.Take(source);
            source.Truncate(length);
        }

        draft.Sequence = source ?? engine.CreateSequence();
        _attached.Add(draft);
        return true;
    }

    /// <summary>Tokens of the request to read before its next ones can be guessed.</summary>
    public static int Unread(Draft draft) => draft.Task.Tokens.Length - draft.Sequence!.Length is > MostPending and var pending ? pending - 1 : 0;

    /// <summary>Reads the next piece of them.</summary>
    /// <returns>How many tokens.</returns>
    public int Read(Draft draft, CancellationToken cancellationToken)
    {
        var piece = Known(draft.Task.Tokens.Slice(draft.Sequence!.Length, Math.Min(Unread(draft), options.PrefillChunk)));
        engine.Run([new EngineInput(draft.Sequence, piece, LogitsToKeep: 0)], cancellationToken);
        return piece.Length;
    }

    /// <summary>Guesses for requests of which nothing is unread.</summary>
    /// <returns>What it cost, in steps.</returns>
    public double Guess(List<Draft> drafts, PassCosts costs, CancellationToken cancellationToken)
    {
        _guessing.Clear();
        foreach (var draft in drafts)
        {
            if (draft.Room == 0 || !draft.Task.TryForkConstraint(out var constraint)) continue;
            draft.Constraint = constraint;
            _guessing.Add(draft);
        }

        var cost = 0.0;
        while (_guessing.Count > 0)
        {
            _inputs.Clear();
            foreach (var draft in _guessing) _inputs.Add(new EngineInput(draft.Sequence!, Next(draft)));
            var tokens = _inputs.Max(input => input.Tokens.Length);
            var start = options.TimeProvider.GetTimestamp();
            engine.Run(CollectionsMarshal.AsSpan(_inputs), cancellationToken);
            cost += costs.ObserveGuess(tokens, options.TimeProvider.GetElapsedTime(start));
            for (var i = _guessing.Count - 1; i >= 0; i--)
            {
                if (!Add(_guessing[i], costs)) _guessing.RemoveAt(i);
            }
        }

        return cost;
    }

    /// <summary>Takes a request's sequence back: into the cache if its content is sound.</summary>
    public void Release(Draft draft, bool keep)
    {
        if (!_attached.Remove(draft)) return;
        draft.Settle(0, options.MaxDraftTokens);
        if (keep) _cache.Add(draft.Sequence!, draft.Task.Tokens[..draft.Sequence!.Length]);
        else draft.Sequence!.Dispose();
        draft.Sequence = null;
    }

    public void Dispose()
    {
        while (_attached.Count > 0) Release(_attached[^1], keep: false);
        _cache.Dispose();
        engine.Dispose();
    }

    private bool Fits(CacheDemand demand) => demand.Sequences <= engine.Info.MaxBatchSize && engine.CanHold(demand);

    private ReadOnlyMemory<int> Next(Draft draft)
    {
        if (draft.Count > 0) return draft.Tokens[^1..];
        var pending = draft.Task.Tokens[draft.Sequence!.Length..];
        return pending.Length == 1 && pending[0] < engine.Info.VocabularySize ? draft.Tokens : Known(pending);
    }

    // A vocabulary may have more tokens, for images and the like; the guesses after one that is read as another are only worse.
    private int[] Known(ReadOnlySpan<int> tokens)
    {
        var known = tokens.ToArray();
        foreach (ref var token in known.AsSpan()) token = token < engine.Info.VocabularySize ? token : 0;
        return known;
    }

    // Takes the likeliest token that the request's constraint allows, if it is worth its check.
    private bool Add(Draft draft, PassCosts costs)
    {
        var logits = draft.Sequence!.Logits;
        logits = logits[..Math.Min(logits.Length, vocabularySize)];
        logits.CopyTo(_scores);
        _scores.AsSpan(logits.Length).Fill(float.NegativeInfinity);
        draft.Constraint?.Mask(_scores);
        var token = TensorPrimitives.IndexOfMax(_scores);
        var confidence = Math.Exp(_scores[token] - Softmax.LogSumExp(_scores, _scratch));

        // Not a number where no token is allowed.
        if (!(draft.Chance * confidence >= costs.CheckedToken)) return false;
        draft.Add(token, confidence);
        if (draft.Count == draft.Room || draft.Task.IsStop(token) || draft.Chance < costs.DraftPass + costs.CheckedToken) return false;
        draft.Constraint?.Accept(token);
        return draft.Constraint is not { IsComplete: true } && draft.Task.Tokens.Length + draft.Count < engine.Info.ContextLength;
    }
}
