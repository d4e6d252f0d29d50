using System.Net;
using Gemma.Conversion.Hub;
using Gemma.Runtime;
using Gemma.Server.Catalog;
using Gemma.Server.Hosting;
using Gemma.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gemma.Server.Tests;

/// <summary>Models that are not there yet, cannot be loaded, or fail while they run.</summary>
public sealed class LoadingTests(TinyGemmaHeads heads)
{
    private const string Chat = "/v1/chat/completions";
    private const string Hello = """{"messages":[{"role":"user","content":"Hello!"}]}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_BeforeTheModelIsWarm_IsRefusedAtOnceAndNotReady()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(), options => options.LoadsAtStart = true);
        using var client = server.Client();
        using var refused = await client.PostAsync(Chat, Wire.Json(Hello), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("model_loading", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(client, "/health/ready"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/health/live"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/v1/models/tiny"));
        var before = server.Model.Scheduler.Statistics.GeneratedTokens;
        await server.Application.Services.GetRequiredService<ModelCatalog>().Models[0].WarmUpAsync(Token);
        Assert.True(server.Model.Scheduler.Statistics.GeneratedTokens > before, "Nothing ran: the model is loaded, but not warm.");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/health/ready"));
        await client.PostAsync(Chat, Hello);
    }

    /// <summary>A package without lm_head is warmed too.</summary>
    [Fact]
    public async Task WarmUp_OfAClassifier_MakesItReady()
    {
        await using var server = await StartedServer.StartAsync(await heads.SentimentAsync(), options => options.LoadsAtStart = true);
        using var client = server.Client();
        await server.Application.Services.GetRequiredService<ModelCatalog>().Models[0].WarmUpAsync(Token);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/health/ready"));
        await client.PostAsync("/v1/classify", """{"input":"I love this."}""");
    }

    [Fact]
    public async Task Load_ThatFails_IsTheServersAndTellsNoPath()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "gemma.json"), "{", Token);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        builder.Services.AddGemma("broken", options => options.ModelPath = folder.Path);
        builder.Services.AddGemmaServer();
        GemmaHost.Configure(builder, new GemmaHostOptions { Port = 0 }, new GemmaServerOptions());
        await using var application = builder.Build();
        GemmaHost.Use(application);
        await application.StartAsync(Token);
        using var client = new HttpClient { BaseAddress = new Uri(application.Urls.First()) };
        using var failed = await client.PostAsync(Chat, Wire.Json(Hello), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        Assert.True(failed.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        var text = await failed.Content.ReadAsStringAsync(Token);
        Assert.Contains("model_loading", text, StringComparison.Ordinal);
        Assert.DoesNotContain(folder.Path, text, StringComparison.Ordinal);
    }

    /// <summary>What fails while it runs is not told as a load that another try may find done; the next request goes on.</summary>
    [Theory]
    [InlineData("engine")]
    [InlineData("hub")]
    [InlineData("model")]
    public async Task Failure_OfALoadedModel_IsNotToBeTriedAgain(string kind)
    {
        Exception? failure = kind switch
        {
            "engine" => new EngineException("/secret/place is broken"),
            "hub" => new HubException("https://secret.example is broken"),
            _ => new InvalidModelException("/secret/place is broken"),
        };
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(),
            configureServices: services => services.AddKeyedSingleton<IChatClient>("tiny", (provider, key) =>
            new Gemma.Runtime.Chat.GemmaChatClient(provider.GetRequiredKeyedService<IGemmaModelSource>(key)).AsBuilder()
                .Use((messages, options, next, cancellationToken) => failure is null ? next(messages, options, cancellationToken) : throw failure)
                .Build(provider)));
        using var client = server.Client();
        using var failed = await client.PostAsync(Chat, Wire.Json(Hello), Token);
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.Null(failed.Headers.RetryAfter);
        Assert.Equal("false", failed.Headers.GetValues("x-should-retry").Single());
        Assert.DoesNotContain("secret", await failed.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        failure = null;
        await client.PostAsync(Chat, Hello);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string route)
    {
        using var response = await client.GetAsync(route, Token);
        return response.StatusCode;
    }
}
