using System.Security.Cryptography;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation.BeamSearch;

/// <summary>Beam search over one prompt, without the model: logits of the running beams in, the beams to continue out.</summary>
/// <remarks>Source: transformers, <c>generation/utils.py</c>, <c>_beam_search</c>.</remarks>
internal sealed class BeamSearcher
{
    private const float Unlikely = -1e9f;

    private readonly SelectionContext _context;
    private readonly int _beams;
    private readonly LogitsProcessor[] _processors;
    private readonly BeamCandidates _candidates;
    private readonly FinishedBeams _finished;
    private readonly TokenScores _scores;
    private readonly Func<ReadOnlySpan<int>, bool>? _endsText;
    private Beam[] _running;

    /// <summary>Starts a search.</summary>
    /// <param name="prompt">The prompt's tokens, left padding included.</param>
    /// <param name="config">The merged options.</param>
    /// <param name="context">Vocabulary, prompt length, stop tokens, greatest length.</param>
    /// <param name="endsText">Whether new tokens hold a stop string, or null.</param>
    /// <exception cref="InvalidGenerationConfigException">An option is out of range.</exception>
    public BeamSearcher(int[] prompt, GenerationConfig config, SelectionContext context, Func<ReadOnlySpan<int>, bool>? endsText = null)
    {
        _endsText = endsText;
        _context = context;
        _processors = ProcessorPipeline.Create(config, context);
        _beams = config.NumBeams ?? 1;
        var random = config.DoSample == true ? new RandomSource(config.Seed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)))) : null;
        _candidates = new BeamCandidates(Math.Max(2, 1 + context.StopIds.Count) * _beams, random);
        _scores = new TokenScores(context.VocabularySize);

        // All beams are the prompt at first: only one of them may be likely.
        var empty = new Beam(prompt, 0, [], IsFinished: false);
        _running = [empty, .. Enumerable.Repeat(empty with { Score = Unlikely }, _beams - 1)];
        _finished = new FinishedBeams(_beams, empty, context.MaxLength, config.LengthPenalty ?? 1, config.EarlyStopping ?? EarlyStopping.Heuristic);
    }

    /// <summary>The beams to continue, best first; none's tokens reach the greatest length.</summary>
    public IReadOnlyList<Beam> Running => _running;

    /// <summary>The best finished beams, best first.</summary>
    public IReadOnlyList<Beam> Finished => _finished.Best;

    /// <summary>Takes the logits of a running beam; they are given for all, in order, before <see cref="Advance"/>.</summary>
    public void Add(int beam, ReadOnlySpan<float> logits)
    {
        _scores.Load(logits);
        Softmax.Log(_scores.Values, _scores.Scratch());
        if (float.IsNaN(_scores.Values[0])) throw TokenScores.NotNumbers();
        foreach (var processor in _processors) processor.Process(_scores, _running[beam].Tokens);
        _candidates.Add(beam, _running[beam].Score, _scores);
    }

    /// <summary>Chooses the beams to continue.</summary>
    /// <returns>Whether there is anything to continue.</returns>
    public bool Advance()
    {
        var atEnd = _running[0].Tokens.Length + 1 >= _context.MaxLength;
        Beam[] next = [.. _candidates.Take().Select(candidate => Continue(candidate, atEnd))];
        if (next.Length == 0) throw new InvalidGenerationConfigException("The options exclude every token of the vocabulary; relax them.");

        // Only the best candidates may finish; the others are there so that enough beams go on.
        _finished.Add(next.Take(_beams).Where(beam => beam.IsFinished));
        _running = [.. next.Select(beam => beam.IsFinished ? beam with { Score = beam.Score + Unlikely } : beam).OrderByDescending(beam => beam.Score)
            .Take(_beams)];
        _finished.Judge(_running[0].Score, _running[0].Tokens.Length - _context.PromptLength);
        return !_finished.IsComplete && !Array.TrueForAll(next, beam => beam.IsFinished);
    }

    private Beam Continue(BeamCandidate candidate, bool atEnd)
    {
        var beam = _running[candidate.Beam].Append(candidate.Token, candidate.Beam, candidate.Score, atEnd || _context.StopIds.Contains(candidate.Token));
        return !beam.IsFinished && _endsText is not null && _endsText(beam.Tokens.AsSpan(_context.PromptLength)) ? beam with { IsFinished = true } : beam;
    }
}
