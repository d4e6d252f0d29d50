using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Gemma.Conversion.Hub;

/// <summary>Which hosts get the token, and which a redirect may lead to.</summary>
/// <remarks>A hub that lies in the open may not send us into the network behind the firewall; one that lies there itself may.</remarks>
internal sealed class HubHosts(HubSettings settings)
{
    private static readonly Uri Default = new(HubSettings.DefaultEndpoint);
    private static readonly IPNetwork[] Internal =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "224.0.0.0/4", "240.0.0.0/4",
            "::/127", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "64:ff9b::/96",
        }.Select(text => IPNetwork.Parse(text)),
    ];

    private readonly Uri _endpoint = new(settings.Endpoint);
    private volatile bool _endpointIsInternal = IPAddress.TryParse(new Uri(settings.Endpoint).Host.Trim('[', ']'), out var address) && IsInternal(address);

    /// <summary>Whether an address is a hub's, by scheme, host and port: only there a token may go.</summary>
    public bool IsHub(Uri uri) => IsSame(uri, _endpoint) || IsSame(uri, Default);

    /// <summary>Adds the token, where it may go.</summary>
    /// <returns>Whether it was added.</returns>
    public bool Authorize(HttpRequestMessage request)
    {
        if (settings.Token is not { } token || !IsHub(request.RequestUri!)) return false;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return true;
    }

    /// <summary>Checks where a redirect leads.</summary>
    /// <exception cref="HubException">It is not safe to follow.</exception>
    public void CheckRedirect(Uri from, Uri to)
    {
        if (to.Scheme is not ("http" or "https")) throw Refused(from, to, "which is no web address");
        if (from.Scheme == "https" && to.Scheme == "http") throw Refused(from, to, "which is not encrypted");
        if (IPAddress.TryParse(to.Host.Trim('[', ']'), out var address)) CheckAddress(from.Host, to.Host, address);
    }

    /// <summary>Connects to a host, after a look at the addresses that its name stands for.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var target = context.DnsEndPoint;
        var addresses = IPAddress.TryParse(target.Host.Trim('[', ']'), out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(target.Host, cancellationToken).ConfigureAwait(false);

        // A proxy is the administrator's choice, and looks names up itself.
        if (target.Host == context.InitialRequestMessage.RequestUri!.IdnHost) CheckAddresses(target.Host, addresses);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Checks the addresses of a host; those of the hub itself decide what others may have.</summary>
    /// <exception cref="HubException">One is internal, and the hub's are not.</exception>
    internal void CheckAddresses(string host, IReadOnlyList<IPAddress> addresses)
    {
        if (host == _endpoint.IdnHost) _endpointIsInternal = addresses.Any(IsInternal);
        else foreach (var address in addresses) CheckAddress(_endpoint.Host, host, address);
    }

    /// <summary>Whether an address is this machine's, a private network's or of no single host.</summary>
    internal static bool IsInternal(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Internal.Any(network => network.BaseAddress.AddressFamily == plain.AddressFamily && network.Contains(plain));
    }

    private void CheckAddress(string from, string host, IPAddress address)
    {
        if (!_endpointIsInternal && IsInternal(address))
            throw new HubException(HubError.Protocol, $"{from} sends to {host} ({address}), an address inside of this network; it is not followed.");
    }

    private static bool IsSame(Uri one, Uri other) => one.Scheme == other.Scheme && one.IdnHost == other.IdnHost && one.Port == other.Port;

    private static HubException Refused(Uri from, Uri to, string reason) =>
        new(HubError.Protocol, $"{from.Host} sends to {to.Scheme}://{to.Host}, {reason}; it is not followed.");
}
