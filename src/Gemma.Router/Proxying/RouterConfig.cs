using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;

namespace Gemma.Router.Proxying;

/// <summary>What YARP does at one time.</summary>
internal sealed class RouterConfig : IProxyConfig
{
    /// <summary>The cluster of all servers.</summary>
    public const string ClusterId = "gemma";

    // A busy server may be slow to say that it is ready.
    private static readonly TimeSpan LeastHealthTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ReactivationPeriod = TimeSpan.FromSeconds(5);

    private readonly ConfigurationReloadToken _changeToken = new();

    public RouterConfig(GemmaRouterOptions options)
    {
        Routes = [new RouteConfig { RouteId = ClusterId, ClusterId = ClusterId, Order = int.MaxValue, Match = new RouteMatch { Path = "{**path}" } }];
        Clusters = [Cluster(options)];
    }

    public IReadOnlyList<RouteConfig> Routes { get; }

    public IReadOnlyList<ClusterConfig> Clusters { get; }

    public IChangeToken ChangeToken => _changeToken;

    /// <summary>Tells YARP that there is a newer one.</summary>
    public void Replace() => _changeToken.OnReload();

    private static ClusterConfig Cluster(GemmaRouterOptions options) => new()
    {
        ClusterId = ClusterId,
        LoadBalancingPolicy = options.Policy,
        HttpRequest = new ForwarderRequestConfig { ActivityTimeout = options.ActivityTimeout },
        HealthCheck = new HealthCheckConfig
        {
            // Where none is healthy all are asked: their own refusals say more than ours.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            Active = new ActiveHealthCheckConfig
            {
                Enabled = true,
                Interval = options.HealthInterval,
                Timeout = options.HealthInterval > LeastHealthTimeout ? options.HealthInterval : LeastHealthTimeout,
                Path = "/health/ready",
                Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures,
            },
            Passive = new PassiveHealthCheckConfig
            {
                Enabled = true,
                Policy = HealthCheckConstants.PassivePolicy.TransportFailureRate,
                ReactivationPeriod = ReactivationPeriod,
            },
        },
        Destinations = options.Destinations.ToDictionary(address => address, address => new DestinationConfig { Address = address },
            StringComparer.OrdinalIgnoreCase),
    };
}
