using System.Runtime.InteropServices;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation.BeamSearch;

/// <summary>Runs beam search on the engine: a piece of the prompt, or one token for every beam, per step.</summary>
internal sealed class BeamSearchJob : EngineJob
{
    private const int PrefillChunk = 256;

    private readonly int[] _prompt;
    private readonly int _wanted;
    private readonly BeamSearcher _search;
    private readonly TaskCompletionSource<IReadOnlyList<Beam>> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<EngineInput> _inputs = [];
    private IEngineSequence?[] _sequences;
    private int _prefilled;

    /// <summary>Prepares a search; the model does not see the prompt's left padding.</summary>
    /// <param name="prompt">The prompt's tokens, left padding included.</param>
    /// <param name="config">The merged options.</param>
    /// <param name="context">Vocabulary, prompt length, stop tokens, greatest length.</param>
    /// <param name="endsText">Whether new tokens hold a stop string, or null.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public BeamSearchJob(int[] prompt, GenerationConfig config, SelectionContext context, Func<ReadOnlySpan<int>, bool>? endsText,
        CancellationToken cancellationToken)
        : base(cancellationToken)
    {
        _search = new BeamSearcher(prompt, config, context, endsText);
        _prompt = prompt[context.LeftPadding..];
        MaxTokens = context.MaxLength - context.LeftPadding;
        _wanted = config.NumReturnSequences ?? 1;
        _sequences = new IEngineSequence?[config.NumBeams ?? 1];
    }

    /// <inheritdoc/>
    public override int Sequences => _sequences.Length;

    /// <inheritdoc/>
    public override int MaxTokens { get; }

    /// <summary>The sequences to return, best first.</summary>
    public Task<IReadOnlyList<Beam>> Result => _result.Task;

    public override bool Step(IInferenceEngine engine, CancellationToken cancellationToken)
    {
        if (_prefilled < _prompt.Length) return Prefill(engine, cancellationToken);
        _inputs.Clear();
        for (var i = 0; i < _search.Running.Count; i++) _inputs.Add(new EngineInput(_sequences[i]!, _search.Running[i].Tokens.AsMemory(^1)));
        engine.Run(CollectionsMarshal.AsSpan(_inputs), cancellationToken);
        for (var i = 0; i < _search.Running.Count; i++) _search.Add(i, _sequences[i]!.Logits);
        return Advance(engine);
    }

    public override void Finish(Exception? error)
    {
        foreach (var sequence in _sequences) sequence?.Dispose();
        _result.Complete(error, () => [.. _search.Finished.Take(_wanted)]);
    }

    private bool Prefill(IInferenceEngine engine, CancellationToken cancellationToken)
    {
        var sequence = _sequences[0] ??= engine.CreateSequence();
        var count = Math.Min(PrefillChunk, _prompt.Length - _prefilled);
        var last = _prefilled + count == _prompt.Length;
        engine.Run([new EngineInput(sequence, _prompt.AsMemory(_prefilled, count), last ? 1 : 0)], cancellationToken);
        _prefilled += count;
        if (!last) return true;
        for (var i = 0; i < _search.Running.Count; i++) _search.Add(i, sequence.Logits);
        return Advance(engine);
    }

    private bool Advance(IInferenceEngine engine)
    {
        if (!_search.Advance()) return false;
        Reassign(engine);
        return true;
    }

    // A beam's first child takes over its keys and values; a further child copies them to where a beam without children was.
    private void Reassign(IInferenceEngine engine)
    {
        var running = _search.Running;
        var next = new IEngineSequence?[_sequences.Length];
        var taken = new bool[_sequences.Length];
        for (var i = 0; i < running.Count; i++)
        {
            var parent = Parent(running[i]);
            if (taken[parent]) continue;
            taken[parent] = true;
            next[i] = _sequences[parent];
        }

        var free = new Queue<IEngineSequence?>(_sequences.Where((_, i) => !taken[i]));
        for (var i = 0; i < running.Count; i++)
        {
            if (next[i] is not null) continue;
            var source = _sequences[Parent(running[i])]!;
            var copy = free.Dequeue() ?? engine.CreateSequence();
            next[i] = copy;
            copy.CopyFrom(source, source.Length);
        }

        for (var i = running.Count; i < next.Length && free.Count > 0; i++) next[i] = free.Dequeue();
        _sequences = next;
    }

    // After the prompt there is one sequence for all beams.
    private static int Parent(Beam beam) => beam.Parents.Length == 1 ? 0 : beam.Parents[^1];
}
