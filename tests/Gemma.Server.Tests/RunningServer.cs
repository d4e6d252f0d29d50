using Gemma.Server.Hosting;
using Gemma.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

[assembly: AssemblyFixture(typeof(Gemma.Server.Tests.RunningServer))]

namespace Gemma.Server.Tests;

/// <summary>The repository's small models behind a real address on this machine, as <c>gemma serve</c> sets it up; started at the first use.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    public const string Key = "test-key";

    private readonly TinyGemmaHeads _heads = new();
    private readonly Lock _lock = new();
    private Task<(WebApplication Application, Uri Address)>? _started;

    /// <summary>A client that sends the key.</summary>
    public async Task<HttpClient> ClientAsync()
    {
        var client = await AnonymousClientAsync();
        client.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        return client;
    }

    public async Task<HttpClient> AnonymousClientAsync() => new() { BaseAddress = await AddressAsync() };

    public async Task<Uri> AddressAsync() => (await StartedAsync()).Address;

    public async Task<IServiceProvider> ServicesAsync() => (await StartedAsync()).Application.Services;

    public async ValueTask DisposeAsync()
    {
        if (_started is not null) await (await _started).Application.DisposeAsync();
        await _heads.DisposeAsync();
    }

    private Task<(WebApplication Application, Uri Address)> StartedAsync()
    {
        lock (_lock) return _started ??= StartAsync();
    }

    private async Task<(WebApplication Application, Uri Address)> StartAsync()
    {
        var chat = await _heads.PackageAsync();
        var sentiment = await _heads.SentimentAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddGemma("tiny", options => (options.ModelPath, options.Engine.Threads) = (chat, 1));
        builder.Services.AddGemma("sentiment", options => (options.ModelPath, options.Engine.Threads) = (sentiment, 1));
        var server = new GemmaServerOptions { ApiKeys = { Key } };
        builder.Services.AddGemmaServer(options =>
        {
            options.ApiKeys.Add(Key);
            options.Aliases["gpt-4o-mini"] = "tiny";
            options.PingInterval = TimeSpan.FromSeconds(5);
            options.ModerationHead = "sentiment";
        });
        GemmaHost.Configure(builder, new GemmaHostOptions { Port = 0, Host = "127.0.0.1" }, server);
        var application = builder.Build();
        GemmaHost.Use(application);
        await application.StartAsync();
        return (application, new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()));
    }
}
