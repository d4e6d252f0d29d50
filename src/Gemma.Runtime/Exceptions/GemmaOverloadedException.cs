namespace Gemma;

/// <summary>The model's queue is full, or the request cannot fit its memory budget: try again later, or raise the limits.</summary>
public sealed class GemmaOverloadedException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public GemmaOverloadedException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public GemmaOverloadedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public GemmaOverloadedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for a full queue.</summary>
    /// <param name="queueLength">The requests that wait.</param>
    /// <param name="retryAfter">When a place is likely to be free.</param>
    public GemmaOverloadedException(int queueLength, TimeSpan retryAfter)
        : base($"{queueLength} requests are waiting for the model; try again in {Math.Max(1, (int)retryAfter.TotalSeconds)} s, or raise MaxQueueLength.")
    {
        QueueLength = queueLength;
        RetryAfter = retryAfter;
    }

    /// <summary>The requests that were waiting.</summary>
    public int QueueLength { get; }

    /// <summary>When a place is likely to be free, or null.</summary>
    public TimeSpan? RetryAfter { get; }
}
