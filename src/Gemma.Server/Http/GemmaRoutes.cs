using Gemma.Server.Errors;
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
        })).WithMetadata(new ErrorShapeMetadata(errors));

    /// <summary>A route without body.</summary>
    public void Get(string pattern, Func<RequestContext, Task> handler, bool needsKey = true, ErrorShape errors = ErrorShape.OpenAI) =>
        group.MapMethods(pattern, ReadMethods, context => RunAsync(context, needsKey, errors, handler))
            .WithMetadata([new ErrorShapeMetadata(errors), .. needsKey ? (object[])[] : [new AllowAnonymousAttribute()]]);

    /// <summary>A route for whatever method and body.</summary>
    public void Any(string pattern, Func<RequestContext, Task> handler, ErrorShape errors) =>
        group.Map(pattern, context => RunAsync(context, needsKey: true, errors, handler)).WithMetadata(new ErrorShapeMetadata(errors));

    private static async Task RunAsync(HttpContext context, bool needsKey, ErrorShape errors, Func<RequestContext, Task> handler)
    {
        context.Response.Headers["X-Request-Id"] = context.TraceIdentifier;
        var services = context.RequestServices;
        var options = services.GetRequiredService<IOptions<GemmaServerOptions>>().Value;
        var drain = services.GetRequiredService<Drain>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, drain.Over);
        limit.CancelAfter(options.RequestTimeout);
        using var request = new RequestContext(context, options, drain, limit.Token) { Errors = errors };
        var started = request.Time.GetTimestamp();
        var outcome = RequestOutcome.Ok;
        try
        {
            using var place = needsKey ? Enter(context, drain) : null;
            await handler(request).ConfigureAwait(false);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client has left: nobody reads an answer.
            outcome = RequestOutcome.Cancelled;
        }
        catch (Exception e)
        {
            // What the routes refuse themselves is the client's to change or to try elsewhere.
            var error = request.Failure(e);
            outcome = e is not ApiException && error.Status is 408 or >= 500 ? RequestOutcome.Error : RequestOutcome.Rejected;

            // The server logs it and ends the connection without the answer's end. To abort would drop what is still on its way to the client.
            if (context.Response.HasStarted) throw;
            if (outcome == RequestOutcome.Error && error.Status >= 500) LogFailure(Logger(context), e, context.TraceIdentifier);
            await ErrorAnswer.WriteAsync(context, error, request.Errors).ConfigureAwait(false);
        }
        finally
        {
            if (needsKey)
            {
                services.GetRequiredService<RequestJournal>().Write(context, outcome, new RequestWork(request.Model, request.InputTokens,
                    request.OutputTokens, request.Time.GetElapsedTime(started)));
            }
        }
    }

    // The request's place among its key's.
    private static IDisposable Enter(HttpContext context, Drain drain)
    {
        if (!context.RequestServices.GetRequiredService<ApiKeys>().IsAllowed(context)) throw ApiKeys.Missing();
        if (!drain.IsStopping) return context.RequestServices.GetRequiredService<RateLimits>().Enter(context);
        if (HttpProtocol.IsHttp11(context.Request.Protocol)) context.Response.Headers.Connection = "close";
        throw Drain.Refusal();
    }

    private static ILogger Logger(HttpContext context) => context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Gemma.Server");

    [LoggerMessage(1, LogLevel.Error, "Request {RequestId} failed")]
    private static partial void LogFailure(ILogger logger, Exception exception, string requestId);
}
