using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Gemma.Router.Proxying;

/// <summary>YARP's configuration from the options, and again when they change: one route, one cluster.</summary>
internal sealed class RouterConfigProvider : IProxyConfigProvider, IDisposable
{
    private readonly IDisposable? _changes;
    private volatile RouterConfig _config;

    public RouterConfigProvider(IOptionsMonitor<GemmaRouterOptions> options)
    {
        _config = new RouterConfig(options.CurrentValue);
        _changes = options.OnChange(changed =>
        {
            var old = _config;
            _config = new RouterConfig(changed);
            old.Replace();
        });
    }

    public IProxyConfig GetConfig() => _config;

    public void Dispose() => _changes?.Dispose();
}
