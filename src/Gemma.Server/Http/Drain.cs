using Gemma.Server.Errors;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Gemma.Server.Http;

/// <summary>
/// An application that stops: nothing new begins, and what runs may end until shortly before the server breaks connections off, so that clients can still be
/// told.
/// </summary>
internal sealed class Drain : IDisposable
{
    private const double Share = 0.95;

    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _stopping;

    public Drain(IOptions<HostOptions> options, IHostApplicationLifetime? lifetime = null)
    {
        _stopping = lifetime?.ApplicationStopping ?? CancellationToken.None;
        var patience = options.Value.ShutdownTimeout;
        if (patience > TimeSpan.Zero) _registration = _stopping.Register(() => _over.CancelAfter(patience * Share));
    }

    /// <summary>Whether the application stops.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Ends what still runs when the time is up.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>The error of a request that comes too late, or takes too long for that.</summary>
    public static ApiException Refusal() => new(503, "server_error", "shutting_down", "The server is shutting down; another try finds another.")
    {
        RetryAfter = 1,
    };

    public void Dispose()
    {
        _registration.Dispose();
        _over.Dispose();
    }
}
