using System.Runtime.InteropServices;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Generation.Stopping;

namespace Gemma.Runtime.Generation.Requests;

/// <summary>
/// One sequence of a request, on the inference thread: chooses tokens, makes text of them, and hands both over. The model sees the prompt without its left
/// padding, the processors see all of it.
/// </summary>
internal sealed class SequenceTask : GenerationTask
{
    private readonly GenerationRun _run;
    private readonly GenerationPlan _plan;
    private readonly int _index;
    private readonly TokenSelector _selector;
    private readonly SequenceText _text;
    private readonly ITokenConstraint? _constraint;
    private readonly Func<string, bool>? _isLastText;

    // Padding and tokens, where there is padding.
    private readonly List<int>? _row;
    private TokenChoice? _choice;
    private int _generated;
    private GenerationFinishReason _reason;

    public SequenceTask(GenerationRun run, int index, CancellationToken cancellationToken)
        : base(run.Plan.Prompt.AsMemory(run.Plan.Context.LeftPadding), cancellationToken)
    {
        _run = run;
        _plan = run.Plan;
        _index = index;
        var request = _plan.Request;
        if (_plan.Context.LeftPadding > 0) _row = [.. _plan.Prompt];
        _constraint = request.CreateConstraint?.Invoke();
        _isLastText = request.CreateTextObserver?.Invoke();
        _selector = new TokenSelector(_plan.Config, _plan.Context, _constraint, index);
        _text = _plan.CreateText(_constraint);
    }

    public override int MaxNewTokens => _plan.Context.MaxLength - _plan.Context.PromptLength;

    public override SamplingParameters? Sampling => _plan.Request.Alternatives is null ? _selector.Sampling : null;

    public override int Choose(ReadOnlySpan<float> logits)
    {
        var token = _selector.Select(logits, _row is null ? Tokens : CollectionsMarshal.AsSpan(_row));
        if (_plan.Request.Alternatives is { } count) _choice = _selector.Explain(logits, token, count);
        return token;
    }

    public override bool IsStop(int token) => _selector.IsStop(token);

    public override bool TryForkConstraint(out ITokenConstraint? constraint)
    {
        constraint = _constraint?.Fork();
        return constraint is not null || _constraint is null;
    }

    public override bool Accept(int token)
    {
        _run.CountToken();
        _generated++;
        _row?.Add(token);
        var isStop = _selector.IsStop(token);
        var text = _text.Append(token, isStop);
        _run.Write(new GenerationUpdate(token, text, null) { Sequence = _index, Choice = _choice });
        if (isStop || _text.IsStopped || _constraint is { IsComplete: true } || _isLastText?.Invoke(text) == true) _reason = GenerationFinishReason.Stop;
        else if (_generated == MaxNewTokens) _reason = GenerationFinishReason.Length;
        else return true;
        return false;
    }

    public override void Finish(Exception? error)
    {
        if (error is not null)
        {
            _run.Fail(error);
            return;
        }

        var rest = _text.Flush();
        _run.Complete(_index, rest, _text.IsStopped ? GenerationFinishReason.Stop : _reason, CachedTokens, _generated);
    }
}
