using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Classification;

/// <summary>
/// Computes how likely each label is as the continuation of a prompt. The prompt is computed once; every label continues a copy of its cache.
/// </summary>
/// <param name="prompt">The prompt's ids.</param>
/// <param name="labels">Each label's ids, at least one.</param>
/// <param name="cancellationToken">Ends the job.</param>
internal sealed class LabelLikelihoodJob(int[] prompt, IReadOnlyList<int[]> labels, CancellationToken cancellationToken) : EngineJob(cancellationToken)
{
    private const int TokensPerStep = 512;

    private readonly TaskCompletionSource<float[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly double[] _sums = new double[labels.Count];
    private float[] _scratch = [];
    private IEngineSequence? _prefix;
    private int _label;

    /// <summary>The labels' log-likelihoods.</summary>
    public Task<float[]> Result => _completion.Task;

    public override int Sequences => 2;

    public override int MaxTokens => prompt.Length + labels.Max(static label => label.Length);

    public override bool Step(IInferenceEngine engine, CancellationToken cancellationToken)
    {
        _prefix ??= engine.CreateSequence();
        if (_prefix.Length < prompt.Length)
        {
            ReadPrompt(engine, _prefix, cancellationToken);
            return _prefix.Length < prompt.Length || HasLongLabel();
        }

        ReadLabel(engine, _prefix, cancellationToken);
        return HasLongLabel();
    }

    public override void Finish(Exception? error)
    {
        _prefix?.Dispose();
        _prefix = null;
        _completion.Complete(error, () => [.. _sums.Select(static sum => (float)sum)]);
    }

    private void ReadPrompt(IInferenceEngine engine, IEngineSequence prefix, CancellationToken cancellationToken)
    {
        var start = prefix.Length;
        var piece = prompt.AsMemory(start, Math.Min(TokensPerStep, prompt.Length - start));
        var isLast = start + piece.Length == prompt.Length;
        engine.Run([new EngineInput(prefix, piece, isLast ? 1 : 0)], cancellationToken);
        if (!isLast) return;
        for (var label = 0; label < labels.Count; label++) _sums[label] = LogProbability(prefix.Logits, labels[label][0]);
    }

    // The next label of several tokens, if there is one.
    private bool HasLongLabel()
    {
        while (_label < labels.Count && labels[_label].Length == 1) _label++;
        return _label < labels.Count;
    }

    private void ReadLabel(IInferenceEngine engine, IEngineSequence prefix, CancellationToken cancellationToken)
    {
        var ids = labels[_label];
        using var sequence = engine.CreateSequence();
        sequence.CopyFrom(prefix, prompt.Length);
        engine.Run([new EngineInput(sequence, ids.AsMemory(0, ids.Length - 1), ids.Length - 1)], cancellationToken);
        var logits = sequence.Logits;
        var vocabulary = engine.Info.VocabularySize;
        for (var i = 1; i < ids.Length; i++) _sums[_label] += LogProbability(logits.Slice((i - 1) * vocabulary, vocabulary), ids[i]);
        _label++;
    }

    private double LogProbability(ReadOnlySpan<float> logits, int id)
    {
        if (_scratch.Length == 0) _scratch = new float[logits.Length];
        return logits[id] - Softmax.LogSumExp(logits, _scratch);
    }
}
