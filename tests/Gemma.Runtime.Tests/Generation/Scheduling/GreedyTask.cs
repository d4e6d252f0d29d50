using System.Numerics.Tensors;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Generation.Scheduling;

/// <summary>Takes the likeliest token, a fixed number of times.</summary>
internal sealed class GreedyTask(int[] prompt, int count, CancellationToken cancellationToken = default) : GenerationTask(prompt, cancellationToken)
{
    private readonly TaskCompletionSource<int[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _finished;

    public List<int> Output { get; } = [];

    public Task<int[]> Result => _completion.Task;

    public override int MaxNewTokens => count;

    /// <summary>Runs on the inference thread before a token is taken; gets the number of tokens so far.</summary>
    public Action<int>? BeforeToken { get; init; }

    /// <summary>Replaces the token taken, given its position.</summary>
    public Func<int, int>? Force { get; init; }

    public override int Choose(ReadOnlySpan<float> logits)
    {
        BeforeToken?.Invoke(Output.Count);
        return Force?.Invoke(Output.Count) ?? TensorPrimitives.IndexOfMax(logits);
    }

    public override bool Accept(int token)
    {
        Output.Add(token);
        return Output.Count < count;
    }

    public override void Finish(Exception? error)
    {
        Assert.Equal(1, Interlocked.Increment(ref _finished));
        if (error is null) _completion.SetResult([.. Output]);
        else _completion.SetException(error);
    }
}
