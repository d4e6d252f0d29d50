using System.Net;

namespace Gemma.Router.Proxying;

/// <summary>All addresses of a name.</summary>
/// <exception cref="System.Net.Sockets.SocketException">There is none, or nobody who knows.</exception>
internal delegate Task<IPAddress[]> HostLookup(string name, CancellationToken cancellationToken);
