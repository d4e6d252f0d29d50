using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace Gemma.Router.Affinity;

/// <summary>
/// The policy <c>gemma-prefix</c>: rendezvous hashing with bounded loads. A conversation goes to its first server by rank that is not busier than the others
/// allow; requests without key to the least busy one.
/// Keeps no state, so that several routers agree.
/// </summary>
internal sealed class PrefixPolicy(IOptionsMonitor<GemmaRouterOptions> options, RouterMetrics metrics) : ILoadBalancingPolicy
{
    public string Name => GemmaRouterDefaults.PolicyName;

    public DestinationState? PickDestination(HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
    {
        if (availableDestinations.Count == 0) return null;
        if (context.Features.Get<RoutingKey>() is not { } key)
        {
            metrics.Picked(PickReason.None);
            return LeastBusy(availableDestinations);
        }

        var limit = Limit(availableDestinations);
        DestinationState? first = null, free = null;
        ulong firstRank = 0, freeRank = 0;
        foreach (var destination in availableDestinations)
        {
            // The address, not the id: another router may have them in another order.
            var rank = key.Rank(destination.Model.Config.Address);
            if (first is null || rank > firstRank) (first, firstRank) = (destination, rank);
            if (destination.ConcurrentRequestCount + 1 <= limit && (free is null || rank > freeRank)) (free, freeRank) = (destination, rank);
        }

        // Requests may come between counting and here, so that all are beyond the limit.
        free ??= LeastBusy(availableDestinations);
        metrics.Picked(ReferenceEquals(first, free) ? PickReason.Affinity : PickReason.Overflow);
        return free;
    }

    private double Limit(IReadOnlyList<DestinationState> destinations)
    {
        var running = 0;
        foreach (var destination in destinations) running += destination.ConcurrentRequestCount;
        var rules = options.CurrentValue;
        return (rules.LoadFactor * running / destinations.Count) + rules.LoadSlack;
    }

    // Beginning anywhere, so that equals share.
    private static DestinationState LeastBusy(IReadOnlyList<DestinationState> destinations)
    {
        var start = Random.Shared.Next(destinations.Count);
        var best = destinations[start];
        for (var i = 1; i < destinations.Count; i++)
        {
            var destination = destinations[(start + i) % destinations.Count];
            if (destination.ConcurrentRequestCount < best.ConcurrentRequestCount) best = destination;
        }

        return best;
    }
}
