using System.Runtime.InteropServices;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Generation;

/// <summary>One row of a generate() call on the scheduler: the model sees the row without its left padding, the processors see all of it.</summary>
internal sealed class SelectionTask : GenerationTask
{
    private readonly TaskCompletionSource<SelectionTask> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SelectionContext _context;
    private readonly TokenSelector _selector;

    public SelectionTask(int[] row, GenerationConfig config, SelectionContext context, CancellationToken cancellationToken, int stream = 0)
        : base(row.AsMemory(context.LeftPadding), cancellationToken)
    {
        _context = context;
        _selector = new TokenSelector(config, context, stream: stream);
        Row = [.. row];
    }

    /// <summary>Padding, prompt and generated tokens.</summary>
    public List<int> Row { get; }

    /// <summary>The processed scores of the generated tokens.</summary>
    public List<float> Scores { get; } = [];

    public Task<SelectionTask> Result => _result.Task;

    public override int MaxNewTokens => _context.MaxLength - _context.PromptLength;

    public override bool Accept(ReadOnlySpan<float> logits, out int next)
    {
        next = _selector.Select(logits, CollectionsMarshal.AsSpan(Row));
        Row.Add(next);
        Scores.Add(_selector.LastScore);
        return !_selector.IsStop(next) && Row.Count < _context.MaxLength;
    }

    public override void Finish(Exception? error)
    {
        if (error is null) _result.SetResult(this);
        else _result.SetException(error);
    }
}
