using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Server.Tests;

/// <summary>Limits of one key.</summary>
public sealed class RateLimitTests(TinyGemmaHeads heads)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_BeyondTheMinutesShare_IsToldWhenToTryAgain()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(), options => options.MaxRequestsPerMinutePerKey = 2);
        using var client = server.Client();
        for (var i = 0; i < 2; i++) Assert.True((await client.GetAsync("/v1/models", Token)).IsSuccessStatusCode);
        using var refused = await client.GetAsync("/v1/models", Token);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.True(int.Parse(refused.Headers.GetValues("Retry-After").Single(), System.Globalization.CultureInfo.InvariantCulture) >= 1);
        Assert.Equal("rate_limit_exceeded", (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error").GetProperty("code").GetString());
        Assert.True((await client.GetAsync("/health/live", Token)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task Request_BesideTooManyOfItsKey_IsRefusedUntilOneEnds()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(), options => options.MaxConcurrentRequestsPerKey = 1);
        using var client = server.Client();
        using var first = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = Wire.Json("""{"prompt":"Hello","max_tokens":900,"stream":true,"logit_bias":{"1":-100,"107":-100}}"""),
        };
        using var running = await client.SendAsync(first, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal(HttpStatusCode.OK, running.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await client.GetAsync("/v1/models", Token)).StatusCode);
        await running.Content.ReadAsStringAsync(Token);
        await Eventually.HoldsAsync(async () => (await client.GetAsync("/v1/models", Token)).IsSuccessStatusCode);
    }
}
