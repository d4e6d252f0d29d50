using System.Net;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Gemma.Jobs.Cluster;

/// <summary>Where silos find each other: a Redis server, or the first silo, which keeps the list itself and must not go.</summary>
/// <param name="Redis">Redis' address, or null.</param>
/// <param name="Silo">An address of a silo, or null: this machine's first.</param>
internal sealed record ClusterAddress(string? Redis, IPEndPoint? Silo)
{
    public const int DefaultSiloPort = 11111;
    public const int DefaultGatewayPort = 30000;

    private const string RedisScheme = "redis:";
    private const string Localhost = "localhost";
    private const string ClusterName = "gemma";

    /// <summary>Reads <c>redis:HOST:PORT</c>, <c>localhost</c> or <c>ADDRESS:PORT</c>.</summary>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static ClusterAddress Parse(string text)
    {
        if (text.StartsWith(RedisScheme, StringComparison.Ordinal) && text.Length > RedisScheme.Length)
            return new ClusterAddress(text[RedisScheme.Length..].TrimStart('/'), null);
        if (text == Localhost) return new ClusterAddress(null, null);
        var known = text.StartsWith(Localhost + ":", StringComparison.Ordinal) ? IPAddress.Loopback + text[Localhost.Length..] : text;
        return IPEndPoint.TryParse(known, out var silo) && silo.Port > 0
            ? new ClusterAddress(null, silo)
            : throw new ArgumentException($"--cluster {text}: redis:HOST:PORT, localhost, or a silo's ADDRESS:PORT is expected.");
    }

    /// <summary>Joins as a client; an address is a silo's gateway.</summary>
    public void Use(IClientBuilder client)
    {
        client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (ClusterName, ClusterName));
        if (Redis is not null) client.UseRedisClustering(Redis);
        else client.UseStaticClustering(Silo ?? new IPEndPoint(IPAddress.Loopback, DefaultGatewayPort));
    }

    /// <summary>Joins as a silo; an address is the first silo's.</summary>
    public void Use(ISiloBuilder silo, IPAddress host, int siloPort, int gatewayPort)
    {
        silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (ClusterName, ClusterName));
        silo.ConfigureEndpoints(host, siloPort, gatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(host));
        if (Redis is not null) silo.UseRedisClustering(Redis);
        else silo.UseDevelopmentClustering(Silo ?? new IPEndPoint(IPAddress.Loopback, DefaultSiloPort));
    }
}
