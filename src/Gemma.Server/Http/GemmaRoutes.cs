using Gemma.Server.Metrics;
using Gemma.Server.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gemma.Server.Http;

/// <summary>Maps routes so that none is without key check, error shape, time limit and request id.</summary>
internal sealed partial class GemmaRoutes(RouteGroupBuilder group)
{
    private static readonly string[] ReadMethods = ["GET", "HEAD"];

    public RouteGroupBuilder Group => group;

    /// <summary>A route that answers a JSON body.</summary>
    public void Post(string pattern, Func<RequestContext, Task> handler, ErrorShape errors = ErrorShape.OpenAI) =>
        group.MapPost(pattern, context => RunAsync(context, needsKey: true, errors, async request =>
        {
            await request.ReadBodyAsync().ConfigureAwait(false);
            await handler(request).ConfigureAwait(false);
        }));

    /// <summary>A route without body.</summary>
    public void Get(string pattern, Func<RequestContext, Task> handler, bool needsKey = true, ErrorShape errors = ErrorShape.OpenAI) =>
        group.MapMethods(pattern, ReadMethods, context => RunAsync(context, needsKey, errors, handler))
            .WithMetadata(needsKey ? [] : [new AllowAnonymousAttribute()]);

    /// <summary>A route for whatever method and body.</summary>
    public void Any(string pattern, Func<RequestContext, Task> handler, ErrorShape errors) =>
        group.Map(pattern, context => RunAsync(context, needsKey: true, errors, handler));

    private static async Task RunAsync(HttpContext context, bool needsKey, ErrorShape errors, Func<RequestContext, Task> handler)
    {
        context.Response.Headers["X-Request-Id"] = context.TraceIdentifier;
        var options = context.RequestServices.GetRequiredService<IOptions<GemmaServerOptions>>().Value;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(options.RequestTimeout);
        using var request = new RequestContext(context, options, limit.Token) { Errors = errors };
        var outcome = RequestOutcome.Ok;
        try
        {
            if (needsKey && !context.RequestServices.GetRequiredService<ApiKeys>().IsAllowed(context)) throw ApiKeys.Missing();
            using var place = needsKey ? context.RequestServices.GetRequiredService<RateLimits>().Enter(context) : null;
            await handler(request).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has left: nobody reads an answer.
            outcome = RequestOutcome.Cancelled;
        }
        catch (Exception e)
        {
            var error = request.Failure(e);
            outcome = error.Status is 408 or >= 500 ? RequestOutcome.Error : RequestOutcome.Rejected;

            // The server logs it and ends the connection without the answer's end. To abort would drop what is still on its way to the client.
            if (context.Response.HasStarted) throw;
            if (error.Status >= 500) LogFailure(Logger(context), e, context.TraceIdentifier);
            await ErrorAnswer.WriteAsync(context, error, request.Errors).ConfigureAwait(false);
        }
        finally
        {
            if (needsKey) context.RequestServices.GetRequiredService<ServerMetrics>().Count(Route(context), request.Model, outcome);
        }
    }

    private static string? Route(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;

    private static ILogger Logger(HttpContext context) => context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Gemma.Server");

    [LoggerMessage(1, LogLevel.Error, "Request {RequestId} failed")]
    private static partial void LogFailure(ILogger logger, Exception exception, string requestId);
}
