using Gemma.Router.Affinity;
using Gemma.Router.Health;
using Gemma.Router.Retries;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the routes of several servers as those of one.</summary>
public static class GemmaRouterEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps every path that the application does not map itself to the servers, and <c>/health/live</c> and <c>/health/ready</c> of the router. Needs
    /// <c>AddGemmaRouter()</c>.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <returns>The proxied routes, to add conventions such as policies or rate limits.</returns>
    /// <exception cref="InvalidOperationException">AddGemmaRouter was not called.</exception>
    public static IEndpointConventionBuilder MapGemmaRouter(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.ServiceProvider.GetService<RouterMetrics>() is null)
            throw new InvalidOperationException("MapGemmaRouter needs services.AddGemmaRouter().");
        RouterHealthRoutes.Map(endpoints);
        return endpoints.MapReverseProxy(static proxy =>
        {
            proxy.UseMiddleware<RoutingKeyMiddleware>();
            proxy.UseMiddleware<RetryMiddleware>();
            proxy.UseSessionAffinity();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
    }
}
