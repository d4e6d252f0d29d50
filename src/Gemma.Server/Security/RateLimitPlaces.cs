using System.Threading.RateLimiting;

namespace Gemma.Server.Security;

/// <summary>The places that a request holds.</summary>
internal sealed class RateLimitPlaces : IDisposable
{
    private readonly List<RateLimitLease> _leases = [];

    public void Add(RateLimitLease lease) => _leases.Add(lease);

    public void Dispose()
    {
        foreach (var lease in _leases) lease.Dispose();
    }
}
