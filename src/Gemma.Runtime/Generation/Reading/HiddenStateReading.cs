namespace Gemma.Runtime.Generation.Reading;

/// <summary>A reading whose result somebody awaits.</summary>
/// <typeparam name="TResult">What becomes of the hidden states.</typeparam>
internal abstract class HiddenStateReading<TResult>(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken) : HiddenStateRequest(tokens, cancellationToken)
{
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Completion => _completion.Task;

    public sealed override void Finish(Exception? error)
    {
        switch (error)
        {
            case null:
                _completion.SetResult(Result());
                break;
            case OperationCanceledException when CancellationToken.IsCancellationRequested:
                _completion.SetCanceled(CancellationToken);
                break;
            default:
                _completion.SetException(error);
                break;
        }
    }

    /// <summary>The result, after the last position.</summary>
    protected abstract TResult Result();
}
