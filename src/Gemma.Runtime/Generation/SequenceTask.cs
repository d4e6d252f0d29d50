using System.Runtime.InteropServices;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Generation;

/// <summary>One greedy or sampled sequence of a generate() call. The model sees the prompt without its left padding, the processors see all of it.</summary>
internal sealed class SequenceTask : GenerationTask
{
    private readonly TaskCompletionSource<SequenceTask> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<int> _row;
    private readonly List<float> _scores = [];
    private readonly List<TokenChoice> _choices = [];
    private readonly SelectionContext _context;
    private readonly TokenSelector _selector;
    private readonly int? _alternatives;
    private readonly Func<ReadOnlySpan<int>, bool>? _endsText;

    public SequenceTask(SequencePlan plan, int stream, CancellationToken cancellationToken)
        : base(plan.Prompt.AsMemory(plan.Context.LeftPadding), cancellationToken)
    {
        _row = [.. plan.Prompt];
        _context = plan.Context;
        _selector = new TokenSelector(plan.Config, _context, stream: stream);
        _alternatives = plan.Alternatives;
        _endsText = plan.EndsText;
    }

    public override int MaxNewTokens => _context.MaxLength - _context.PromptLength;

    public override SamplingParameters? Sampling => _alternatives is null ? _selector.Sampling : null;

    /// <summary>Completes with this task when the sequence is complete.</summary>
    public Task<SequenceTask> Result => _result.Task;

    /// <summary>The new tokens.</summary>
    public ReadOnlySpan<int> NewTokens => CollectionsMarshal.AsSpan(_row)[_context.PromptLength..];

    /// <summary>The processed scores of the new tokens that were not chosen by the engine.</summary>
    public IReadOnlyList<float> Scores => _scores;

    public override int Choose(ReadOnlySpan<float> logits)
    {
        var token = _selector.Select(logits, CollectionsMarshal.AsSpan(_row));
        _scores.Add(_selector.LastScore);
        if (_alternatives is { } count) _choices.Add(_selector.Explain(logits, token, count));
        return token;
    }

    public override bool Accept(int token)
    {
        _row.Add(token);
        return !_selector.IsStop(token) && _row.Count < _context.MaxLength && !(_endsText?.Invoke(NewTokens) ?? false);
    }

    /// <summary>The result, after the task has completed.</summary>
    public GeneratedSequence ToSequence()
    {
        var tokens = NewTokens;
        var stopped = _selector.IsStop(tokens[^1]) || (_endsText?.Invoke(tokens) ?? false);
        return new GeneratedSequence(tokens.ToArray(), stopped ? GenerationFinishReason.Stop : GenerationFinishReason.Length) { Choices = _choices };
    }

    public override void Finish(Exception? error)
    {
        _result.Complete(error, () => this);
    }
}
