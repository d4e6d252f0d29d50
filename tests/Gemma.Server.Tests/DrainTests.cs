using System.Net;
using Gemma.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gemma.Server.Tests;

/// <summary>A server that was told to stop.</summary>
public sealed class DrainTests(TinyGemmaHeads heads)
{
    private const string Chat = "/v1/chat/completions";
    private const string Hello = """ "messages":[{"role":"user","content":"Hello!"}] """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_WhileStopping_IsRefusedAndItsConnectionClosed()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync());
        using var client = server.Client();
        server.Application.Lifetime.StopApplication();
        using var refused = await client.PostAsync(Chat, Wire.Json($$"""{ {{Hello}} }"""), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("shutting_down", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.True(refused.Headers.ConnectionClose);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        using var live = await client.GetAsync("/health/live", Token);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task Stream_ThatOutlastsTheDrain_IsToldSo()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(), options => options.PingInterval = TimeSpan.FromMilliseconds(100),
            configureServices: services => services.PostConfigure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(300)));
        using var client = server.Client();
        await using var busy = await BusyModel.StartAsync(server.Model);
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat) { Content = Wire.Json($$"""{"stream":true,{{Hello}}}""") };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        Assert.Equal(": ping", await reader.ReadLineAsync(Token));

        // The server itself goes on, so that nothing but the drain ends the stream.
        server.Application.Lifetime.StopApplication();
        List<string> lines = [];
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await reader.ReadLineAsync(Token) is { } line) lines.Add(line);
        });
        Assert.Contains("shutting_down", lines.Last(line => line.Length > 0), StringComparison.Ordinal);
    }
}
