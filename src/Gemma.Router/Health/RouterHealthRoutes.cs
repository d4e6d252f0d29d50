using Gemma.Router.Proxying;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Gemma.Router.Health;

/// <summary>Whether the router runs, and whether it has a server that is ready.</summary>
internal static class RouterHealthRoutes
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/health/live", static context => AnswerAsync(context, "live", 200)).AllowAnonymous();
        endpoints.MapGet("/health/ready", ReadyAsync).AllowAnonymous();
        endpoints.MapGet("/health", ReadyAsync).AllowAnonymous();
    }

    private static Task ReadyAsync(HttpContext context)
    {
        if (context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested)
            return AnswerAsync(context, "stopping", 503);
        var clusters = context.RequestServices.GetRequiredService<IProxyStateLookup>();
        var ready = clusters.TryGetCluster(RouterConfig.ClusterId, out var cluster)
            && cluster.DestinationsState.AllDestinations.Any(destination => destination.Health.Active == DestinationHealth.Healthy);
        return ready ? AnswerAsync(context, "ready", 200) : AnswerAsync(context, "no server is ready", 503);
    }

    private static Task AnswerAsync(HttpContext context, string status, int code)
    {
        context.Response.StatusCode = code;
        if (code == 503) context.Response.Headers.RetryAfter = "1";
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync($"{{\"status\":\"{status}\"}}", context.RequestAborted);
    }
}
