using Gemma.Router.Affinity;
using Gemma.Router.Http;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Gemma.Router.Retries;

/// <summary>
/// Gives a request to a second server where the first sent nothing back: it could not be reached, it broke off, or it refused for now (429, 503). Once, and
/// only to a server that has not seen it.
/// What a client is told in the end has OpenAI's shape, whoever failed.
/// </summary>
internal sealed class RetryMiddleware(RequestDelegate next, RouterMetrics metrics)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var available = proxy.AvailableDestinations;
        var attempt = new RetryFeature { MayRetry = available.Count > 1 };
        context.Features.Set(attempt);
        await next(context).ConfigureAwait(false);
        if (attempt.MayRetry && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested && (attempt.IsRefused || NothingCame(context)))
        {
            attempt.MayRetry = false;
            context.Response.Clear();
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Request.Body.Position = 0;
            DestinationState[] others = [.. available.Where(destination => destination != proxy.ProxiedDestination)];

            // There is no third try, so one that is known to be there goes before one that was never asked.
            DestinationState[] healthy = [.. others.Where(destination => destination.Health.Active == DestinationHealth.Healthy)];
            proxy.AvailableDestinations = healthy.Length > 0 ? healthy : others;
            metrics.Retried();
            await next(context).ConfigureAwait(false);
        }

        if (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested && context.Features.Get<IForwarderErrorFeature>() is { } error)
            await RouterError.WriteAsync(context, error.Error).ConfigureAwait(false);
    }

    // Generation has no effect but its answer, so what a server broke off may run again.
    private static bool NothingCame(HttpContext context) =>
        context.Features.Get<IForwarderErrorFeature>()?.Error is ForwarderError.Request or ForwarderError.RequestBodyDestination;
}
