using Gemma.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gemma.Benchmarks.Serving;

/// <summary>A model behind <c>MapGemma()</c> on a free port of this machine, in this process.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private const string Name = "model";

    private readonly WebApplication _application;

    private LoopbackServer(WebApplication application, GemmaModel model) => (_application, Model) = (application, model);

    public GemmaModel Model { get; }

    public IChatClient Chat => _application.Services.GetRequiredKeyedService<IChatClient>(Name);

    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<LoopbackServer> StartAsync(string package, int concurrency, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.AddGemma(Name, options => (options.ModelPath, options.MaxConcurrentRequests, options.MaxQueueLength) = (package, concurrency, 10_000));
        builder.Services.AddGemmaServer();
        var application = builder.Build();
        application.MapGemma();
        await application.StartAsync(cancellationToken);
        return new LoopbackServer(application, await application.Services.GetRequiredKeyedService<IGemmaModelSource>(Name).GetModelAsync(cancellationToken));
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
