using Gemma.Runtime;
using Gemma.SemanticKernel;
using Gemma.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gemma.Server.Tests;

/// <summary>A server of one test's own, with the model "tiny" loaded.</summary>
internal sealed class StartedServer : IAsyncDisposable
{
    private StartedServer(WebApplication application, GemmaModel model) => (Application, Model) = (application, model);

    public WebApplication Application { get; }

    public GemmaModel Model { get; }

    public Uri Address => new(Application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts one.</summary>
    /// <param name="package">The model's package.</param>
    /// <param name="configure">Sets the server's options.</param>
    /// <param name="configureModel">Sets the model's options.</param>
    /// <param name="configureServices">Registers what the test needs.</param>
    /// <param name="logger">Receives the logs, or null.</param>
    /// <param name="corsOrigins">Sites whose pages may use it.</param>
    public static async Task<StartedServer> StartAsync(string package, Action<GemmaServerOptions>? configure = null,
        Action<GemmaOptions>? configureModel = null, Action<IServiceCollection>? configureServices = null, ILoggerProvider? logger = null,
        params string[] corsOrigins)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        if (logger is not null) builder.Logging.SetMinimumLevel(LogLevel.Information).AddProvider(logger);
        builder.Services.AddGemma("tiny", options =>
        {
            (options.ModelPath, options.Engine.Threads) = (package, 1);
            configureModel?.Invoke(options);
        });
        builder.Services.AddGemmaServer(configure);
        GemmaHost.Configure(builder, new GemmaHostOptions { Port = 0, Host = "127.0.0.1", CorsOrigins = corsOrigins }, new GemmaServerOptions());
        configureServices?.Invoke(builder.Services);
        var application = builder.Build();
        GemmaHost.Use(application);
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new StartedServer(application,
            await application.Services.GetRequiredKeyedService<IGemmaModelSource>("tiny").GetModelAsync(TestContext.Current.CancellationToken));
    }

    public HttpClient Client() => new() { BaseAddress = Address };

    public ValueTask DisposeAsync() => Application.DisposeAsync();
}
