using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Generation.Pooling;

/// <summary>A text whose hidden states become a result that somebody awaits.</summary>
/// <typeparam name="TResult">What becomes of the hidden states.</typeparam>
internal abstract class PoolingRequest<TResult>(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken) : PoolingRequest(tokens, cancellationToken)
{
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The result.</summary>
    public Task<TResult> Result => _completion.Task;

    public sealed override void Finish(Exception? error) => _completion.Complete(error, ToResult);

    /// <summary>Makes the result, after the last position.</summary>
    protected abstract TResult ToResult();
}
