using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using System.Text.Json;
using Gemma.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gemma.Server.Tests;

/// <summary>What the server refuses before a route sees it, and what is noted of each request.</summary>
public sealed class RefusalTests(TinyGemmaHeads heads)
{
    private const string Chat = "/v1/chat/completions";
    private const string Key = "hidden-key";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every answer has an id, the error's four keys, one count and one line of the log.</summary>
    [Theory]
    [InlineData("GET", "/v1/models", null, null, false, 401, "/v1/models rejected")]
    [InlineData("GET", "/nowhere", null, null, false, 401, " rejected")]
    [InlineData("GET", "/nowhere", null, null, true, 404, " rejected")]
    [InlineData("GET", Chat, null, null, true, 405, " rejected")]
    [InlineData("GET", "/v1/models", "Host", "evil.example", true, 400, " rejected")]
    [InlineData("GET", "/v1/models", "Origin", "https://evil.example", true, 403, "/v1/models rejected")]
    [InlineData("POST", "/v1/files", null, null, true, 501, "/v1/files/{**id} rejected")]
    [InlineData("POST", Chat, null, null, true, 415, Chat + " rejected")]
    public async Task Refusal_HasIdAndFourKeys_AndIsNotedOnce(string method, string route, string? header, string? value, bool withKey, int status,
        string count)
    {
        using var log = new LogLines();
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(), options => options.ApiKeys.Add(Key), logger: log);
        var counted = Count(server, out var listener);
        using var listening = listener;
        using var client = server.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), route);
        if (header is not null) request.Headers.TryAddWithoutValidation(header, value);
        if (withKey) request.Headers.Authorization = new("Bearer", Key);
        using var response = await client.SendAsync(request, Token);
        Assert.Equal(status, (int)response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(member => member.Name));
        var id = response.Headers.GetValues("X-Request-Id").Single();
        await Eventually.HoldsAsync(() => Lines().Length > 0);
        var line = Assert.Single(Lines());
        Assert.Contains($" {status} rejected: ", line, StringComparison.Ordinal);
        Assert.Contains(id, line, StringComparison.Ordinal);
        lock (counted) Assert.Equal([count], counted);
        Assert.DoesNotContain(log.All, entry => entry.StartsWith("Gemma.Server: Request", StringComparison.Ordinal));

        string[] Lines() => [.. log.All.Where(entry => entry.StartsWith($"Gemma.Server: {method} ", StringComparison.Ordinal))];
    }

    /// <summary>One line of the log per request: what it cost, and nothing that it said.</summary>
    [Theory]
    [InlineData(Chat, """{"max_tokens":3,"logit_bias":{"1":-100,"107":-100},"messages":[{"role":"user","content":"hidden"}]}""", true)]
    [InlineData(Chat, """{"stream":true,"max_tokens":3,"logit_bias":{"1":-100,"107":-100},"messages":[{"role":"user","content":"hidden"}]}""", true)]
    [InlineData("/v1/responses", """{"max_output_tokens":3,"logit_bias":{"1":-100,"107":-100},"input":"hidden"}""", true)]
    [InlineData("/v1/completions", """{"max_tokens":3,"logit_bias":{"1":-100,"107":-100},"prompt":"hidden"}""", true)]
    [InlineData("/api/generate", """{"model":"tiny","raw":true,"prompt":"hidden","options":{"num_predict":3,"logit_bias":{"1":-100,"107":-100}}}""", true)]
    [InlineData("/v1/embeddings", """{"input":"hidden"}""", false)]
    [InlineData("/v1/classify", """{"model":"tiny/topics","input":"hidden"}""", false)]
    [InlineData("/v1/rerank", """{"model":"tiny/reward","query":"hidden","documents":["hidden"]}""", false)]
    public async Task Log_OfARequest_HasItsTokensAndTimeAndNoText(string route, string body, bool writes)
    {
        using var log = new LogLines();
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(), logger: log);
        using var client = server.Client();
        using var response = await client.PostAsync(route, Wire.Json(body), Token);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
        await Eventually.HoldsAsync(() => log.All.Any(entry => entry.StartsWith("Gemma.Server: POST ", StringComparison.Ordinal)));
        var line = Assert.Single(log.All, entry => entry.StartsWith("Gemma.Server: POST ", StringComparison.Ordinal));
        Assert.Matches($@"^Gemma\.Server: POST {route} tiny 200 ok: [1-9][0-9]* tokens in, {(writes ? 3 : 0)} out, [0-9]+ ms, request \S+ $", line);
        Assert.DoesNotContain(log.All, entry => entry.Contains("hidden", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public async Task Key_ThatIsBlank_LetsNobodyIn(string key)
    {
        var package = await heads.PackageAsync();
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => StartedServer.StartAsync(package, options => options.ApiKeys.Add(key)));
        Assert.Contains("ApiKeys", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rerank_OfCohere_HasMeta()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync());
        using var client = server.Client();
        const string Body = """{"model":"tiny/reward","query":"hello","documents":["a","b"]}""";
        var meta = (await client.PostAsync("/v2/rerank", Body)).GetProperty("meta");
        Assert.Equal("2", meta.GetProperty("api_version").GetProperty("version").GetString());
        Assert.True(meta.GetProperty("tokens").GetProperty("input_tokens").GetInt32() > 0);
        Assert.False((await client.PostAsync("/v1/rerank", Body)).TryGetProperty("meta", out _));
    }

    private static List<string> Count(StartedServer server, out MeterListener listener)
    {
        List<string> counted = [];
        var scope = server.Application.Services.GetRequiredService<IMeterFactory>();
        listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "gemma.requests" && ReferenceEquals(instrument.Meter.Scope, scope)) self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (counted) counted.Add(string.Join(' ', tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => tag.Value)));
        });
        listener.Start();
        return counted;
    }
}
