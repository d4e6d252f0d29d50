using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Hub;

/// <summary>
/// How often a thing is tried again, and how long is waited before: doubling from a second to eight, or as the server says. Progress starts the count anew.
/// </summary>
internal sealed partial class HubRetry(TimeProvider time, ILogger logger)
{
    private const int MostRetries = 5;
    private const int LongestWait = 8;

    private int _failures;

    /// <summary>Runs something until it succeeds.</summary>
    /// <exception cref="HubException">It failed too often.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (HubTransientException e)
            {
                await WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Forgets the failures so far.</summary>
    public void Progress() => _failures = 0;

    /// <summary>Waits before the next try.</summary>
    /// <exception cref="HubException">It was the last.</exception>
    public async Task WaitAsync(HubTransientException error, CancellationToken cancellationToken)
    {
        if (_failures == MostRetries)
        {
            throw new HubException(HubError.Network,
                $"{error.Message} It failed {MostRetries + 1} times in a row; try again later, or use what the cache holds with --offline (HF_HUB_OFFLINE=1).",
                error);
        }
        var wait = error.Wait ?? TimeSpan.FromSeconds(Math.Min(1 << _failures, LongestWait));
        _failures++;
        LogRetry(error.Message, wait.TotalSeconds);
        await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
    }

    [LoggerMessage(1, LogLevel.Information, "{Problem} Trying again in {Seconds:F0} s")]
    private partial void LogRetry(string problem, double seconds);
}
