using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Gemma.Router.Proxying;

/// <summary>
/// Makes a destination of every address that a name has, again and again. YARP's own resolver does so for every name of every cluster, and fails where a name
/// has no address yet.
/// </summary>
internal sealed partial class NameResolver(IOptionsMonitor<GemmaRouterOptions> options, HostLookup lookup, TimeProvider time, ILogger<NameResolver> logger)
    : IDestinationResolver
{
    private readonly ConcurrentDictionary<string, IPAddress[]> _last = new(StringComparer.OrdinalIgnoreCase);

    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(IReadOnlyDictionary<string, DestinationConfig> destinations,
        CancellationToken cancellationToken)
    {
        var rules = options.CurrentValue;
        if (!rules.ResolveNames || !destinations.Keys.All(rules.Destinations.Contains)) return new ResolvedDestinationCollection(destinations, null);
        var resolved = new Dictionary<string, DestinationConfig>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, destination) in destinations)
        {
            foreach (var (key, address) in await ResolveAsync(name, destination, cancellationToken).ConfigureAwait(false)) resolved[key] = address;
        }

        var expired = new CancellationTokenSource(rules.ResolveInterval, time);
        return new ResolvedDestinationCollection(resolved, new CancellationChangeToken(expired.Token));
    }

    private async Task<IEnumerable<KeyValuePair<string, DestinationConfig>>> ResolveAsync(string name, DestinationConfig destination,
        CancellationToken cancellationToken)
    {
        var uri = new Uri(destination.Address);
        if (uri.HostNameType != UriHostNameType.Dns) return [new(name, destination)];
        var host = uri.DnsSafeHost;
        IPAddress[]? addresses;
        try
        {
            _last[host] = addresses = await lookup(host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            // The name server may fail where the servers do not: whether those it once named still live, their health says.
            if (_last.TryGetValue(host, out addresses)) LogKept(logger, host, e.SocketErrorCode);
            else LogUnresolved(logger, host, e.SocketErrorCode);
        }

        // No server behind the name was ever ready; the next time there may be.
        if (addresses is null) return [new(name, destination)];
        return addresses.Select(address =>
            KeyValuePair.Create($"{name}[{address}]", new DestinationConfig
            {
                Address = new UriBuilder(uri) { Host = address.ToString() }.Uri.AbsoluteUri,
                Host = uri.Authority,
            }));
    }

    [LoggerMessage(1, LogLevel.Warning, "'{Name}' has no address: {Error}")]
    private static partial void LogUnresolved(ILogger logger, string name, SocketError error);

    [LoggerMessage(2, LogLevel.Warning, "'{Name}' has no address any more, so its last ones are kept: {Error}")]
    private static partial void LogKept(ILogger logger, string name, SocketError error);
}
