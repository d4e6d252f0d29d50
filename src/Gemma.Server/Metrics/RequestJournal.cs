using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Gemma.Server.Metrics;

/// <summary>
/// What is kept of a request that ended: one count and one line of the log. Neither has a text, a key or anything else that a client wrote but the method.
/// </summary>
internal sealed partial class RequestJournal(ServerMetrics metrics, ILoggerFactory loggers)
{
    private const string None = "-";

    private readonly ILogger _logger = loggers.CreateLogger("Gemma.Server");

    /// <summary>Notes a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="work">What it took, or null where no route saw it.</param>
    public void Write(HttpContext context, RequestOutcome outcome, RequestWork? work = null)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        metrics.Count(route, work?.Model, outcome);
        LogEnd(context.Request.Method, route ?? None, work?.Model ?? None, context.Response.StatusCode, ServerMetrics.Name(outcome), work?.InputTokens ?? 0,
            work?.OutputTokens ?? 0, work?.Duration.TotalMilliseconds ?? 0, context.TraceIdentifier);
    }

    [LoggerMessage(2, LogLevel.Information,
        "{Method} {Route} {Model} {Status} {Outcome}: {InputTokens} tokens in, {OutputTokens} out, {ElapsedMs:F0} ms, request {RequestId}")]
    private partial void LogEnd(string method, string route, string model, int status, string outcome, long inputTokens, long outputTokens, double elapsedMs,
        string requestId);
}
