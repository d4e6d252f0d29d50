using System.Numerics.Tensors;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Benchmarks.Serving;

/// <summary>Takes the likeliest token, a fixed number of times.</summary>
internal sealed class StressTask(int[] prompt, int count, CancellationToken cancellationToken) : GenerationTask(prompt, cancellationToken)
{
    private readonly TaskCompletionSource<int[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<int> _output = [];

    public Task<int[]> Result => _completion.Task;

    public override int MaxNewTokens => count;

    public override int Choose(ReadOnlySpan<float> logits) => TensorPrimitives.IndexOfMax(logits);

    public override bool Accept(int token)
    {
        _output.Add(token);
        return _output.Count < count;
    }

    public override void Finish(Exception? error)
    {
        if (error is null) _completion.SetResult([.. _output]);
        else _completion.SetException(error);
    }
}
