using System.Net;
using Gemma.Router;
using Gemma.Router.Affinity;
using Gemma.Router.Proxying;
using Gemma.Router.Retries;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what <c>MapGemmaRouter()</c> needs.</summary>
public static class GemmaRouterServiceCollectionExtensions
{
    /// <summary>
    /// Registers a router in front of several Gemma servers. YARP's reverse proxy is added with it; routes of the application's own come from an
    /// <c>IProxyConfigProvider</c> that it registers, since YARP does not take a second <c>AddReverseProxy()</c>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options, or null where configuration does.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddGemmaRouter(this IServiceCollection services, Action<GemmaRouterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptionsWithValidateOnStart<GemmaRouterOptions>();
        if (configure is not null) options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GemmaRouterOptions>, GemmaRouterOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GemmaRouterOptions>, GemmaRouterOptionsRules>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ILoadBalancingPolicy, PrefixPolicy>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IProxyConfigProvider, RouterConfigProvider>());
        services.TryAddSingleton<RouterMetrics>();

        // A server that is back must not pay long for what failed before: YARP's own window is a minute.
        services.Configure<TransportFailureRateHealthPolicyOptions>(static policy => policy.DetectionWindowSize = TimeSpan.FromSeconds(5));
        services.TryAddSingleton<IForwarderHttpClientFactory, RouterHttpClientFactory>();
        services.TryAddSingleton<HostLookup>(Dns.GetHostAddressesAsync);
        services.TryAddSingleton<IDestinationResolver, NameResolver>();
        services.AddReverseProxy().AddTransforms(static builder =>
        {
            if (builder.Route.RouteId == RouterConfig.ClusterId) builder.ResponseTransforms.Add(new RefusalTransform());
        });
        return services;
    }
}
