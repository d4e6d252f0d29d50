namespace Gemma.Router.Retries;

/// <summary>What is known of a request's tries.</summary>
internal sealed class RetryFeature
{
    /// <summary>Whether another server may get it.</summary>
    public bool MayRetry { get; set; }

    /// <summary>Whether the server refused for now; its answer was held back.</summary>
    public bool IsRefused { get; set; }
}
