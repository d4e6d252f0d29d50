namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>Hands the end of a task or job to whoever waits for it.</summary>
internal static class JobCompletion
{
    /// <summary>Completes with the result, the cancellation or the error.</summary>
    /// <param name="completion">What the caller awaits.</param>
    /// <param name="error">Why the work ended early, or null.</param>
    /// <param name="result">Makes the result; called without an error only.</param>
    public static void Complete<T>(this TaskCompletionSource<T> completion, Exception? error, Func<T> result)
    {
        switch (error)
        {
            case null:
                completion.TrySetResult(result());
                break;
            case OperationCanceledException canceled:
                completion.TrySetCanceled(canceled.CancellationToken);
                break;
            default:
                completion.TrySetException(error);
                break;
        }
    }
}
