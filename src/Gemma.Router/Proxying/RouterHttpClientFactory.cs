using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace Gemma.Router.Proxying;

/// <summary>Gives a server that does not even accept a connection up early.</summary>
internal sealed class RouterHttpClientFactory(ILogger<ForwarderHttpClientFactory> logger, IOptionsMonitor<GemmaRouterOptions> options)
    : ForwarderHttpClientFactory(logger)
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        if (context.ClusterId == RouterConfig.ClusterId) handler.ConnectTimeout = options.CurrentValue.ConnectTimeout;
    }
}
