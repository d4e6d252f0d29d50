using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Server.Tests;

/// <summary>The other routes, and what holds for all of them.</summary>
public sealed class RouteTests(RunningServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryRoute_WithoutKey_IsRefusedButHealth()
    {
        using var client = await server.AnonymousClientAsync();
        var endpoints = (await server.ServicesAsync()).GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToArray();
        Assert.True(endpoints.Length > 15);
        foreach (var endpoint in endpoints)
        {
            var pattern = endpoint.RoutePattern.RawText!;
            var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET";
            using var request = new HttpRequestMessage(new HttpMethod(method),
                pattern.Replace("{**id}", "tiny", StringComparison.Ordinal).Replace("{**digest}", "x", StringComparison.Ordinal)
                    .Replace("{file}", "app.js", StringComparison.Ordinal));
            if (method == "POST") request.Content = JsonContent.Create(new { });
            using var response = await client.SendAsync(request, Token);
            if (pattern.StartsWith("/health", StringComparison.Ordinal)) Assert.NotEqual(HttpStatusCode.Unauthorized, response.StatusCode);
            else Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{method} {pattern} answered {response.StatusCode}");
        }
    }

    [Theory]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v1/chat/completions", HttpStatusCode.MethodNotAllowed)]
    public async Task Request_WithoutRoute_IsToldOnlyWithAKey(string method, string route, HttpStatusCode status)
    {
        using var client = await server.ClientAsync();
        using var known = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), route), Token);
        Assert.Equal(status, known.StatusCode);
        Assert.Equal("invalid_request_error", (await known.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error").GetProperty("type").GetString());
        using var anonymous = await server.AnonymousClientAsync();
        using var unknown = await anonymous.SendAsync(new HttpRequestMessage(new HttpMethod(method), route), Token);
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
    }

    [Fact]
    public async Task Refusal_OnOllamasRoutes_IsAText()
    {
        using var anonymous = await server.AnonymousClientAsync();
        using var keyless = await anonymous.PostAsJsonAsync("/api/chat", new { }, Token);
        Assert.Equal(HttpStatusCode.Unauthorized, keyless.StatusCode);
        Assert.Equal(JsonValueKind.String, (await keyless.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error").ValueKind);
        using var client = await server.ClientAsync();
        using var nowhere = await client.GetAsync("/api/nowhere", Token);
        Assert.Equal(HttpStatusCode.NotFound, nowhere.StatusCode);
        Assert.Equal(JsonValueKind.String, (await nowhere.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error").ValueKind);
    }

    [Fact]
    public async Task Models_OfAHead_IsFoundByItsEscapedName()
    {
        using var client = await server.ClientAsync();
        using var loads = await client.PostAsJsonAsync("/v1/completions", new { prompt = "Hi", max_tokens = 1 }, Token);
        loads.EnsureSuccessStatusCode();
        var models = await client.GetFromJsonAsync<JsonElement>("/v1/models", Token);
        var head = models.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!).First(id => id.Contains('/'));
        var found = await client.GetFromJsonAsync<JsonElement>($"/v1/models/{Uri.EscapeDataString(head)}", Token);
        Assert.Equal(head, found.GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("Host", "evil.example", HttpStatusCode.BadRequest)]
    [InlineData("Origin", "https://evil.example", HttpStatusCode.Forbidden)]
    public async Task Request_FromAnotherSite_IsRefused(string header, string value, HttpStatusCode status)
    {
        using var client = await server.ClientAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await client.SendAsync(request, Token);
        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Models_Loaded_ListHeadsToo()
    {
        using var client = await server.ClientAsync();
        await PostAsync(client, "/v1/classify", """{"model":"tiny/topics","input":"x"}""");
        var ids = (await client.GetFromJsonAsync<JsonElement>("/v1/models", Token)).GetProperty("data").EnumerateArray()
            .Select(model => model.GetProperty("id").GetString()).ToArray();
        Assert.Contains("tiny", ids);
        Assert.Contains("tiny/topics", ids);
        var one = await client.GetFromJsonAsync<JsonElement>("/v1/models/tiny/topics", Token);
        Assert.Equal("tiny/topics", one.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Embeddings_Base64_EqualsTheNumbers()
    {
        using var client = await server.ClientAsync();
        var numbers = await PostAsync(client, "/v1/embeddings", """{"input":["a text","another"],"dimensions":8}""");
        var encoded = await PostAsync(client, "/v1/embeddings", """{"input":["a text","another"],"dimensions":8,"encoding_format":"base64"}""");
        for (var i = 0; i < 2; i++)
        {
            var expected = numbers.GetProperty("data")[i].GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle()).ToArray();
            var bytes = encoded.GetProperty("data")[i].GetProperty("embedding").GetBytesFromBase64();
            Assert.Equal(expected, Enumerable.Range(0, 8).Select(k => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(k * 4))));
            Assert.Equal(1, expected.Sum(value => value * value), 5);
        }
    }

    [Fact]
    public async Task Classify_SeveralTexts_GivesProbabilitiesInOrder()
    {
        using var client = await server.ClientAsync();
        var answer = await PostAsync(client, "/v1/classify", """{"model":"sentiment","input":["I love this wonderful film.","This is terrible."]}""");
        var data = answer.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal([0, 1], data.Select(item => item.GetProperty("index").GetInt32()));
        Assert.All(data, item => Assert.Equal(1, item.GetProperty("probs").EnumerateArray().Sum(value => value.GetDouble()), 4));
        Assert.True(answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32() > 4);
    }

    [Fact]
    public async Task Rerank_OneLabelHead_OrdersByScore()
    {
        using var client = await server.ClientAsync();
        var answer = await PostAsync(client, "/v1/rerank",
            """{"model":"tiny/reward","query":"hello","documents":["a","b",{"text":"c"}],"top_n":2,"return_documents":true}""");
        var scores = answer.GetProperty("results").EnumerateArray().Select(item => item.GetProperty("relevance_score").GetDouble()).ToArray();
        Assert.Equal(2, scores.Length);
        Assert.True(scores[0] >= scores[1]);
        var score = await PostAsync(client, "/v1/score", """{"model":"tiny/reward","text_1":"hello","text_2":["a","b","c"]}""");
        Assert.Equal(score.GetProperty("data").EnumerateArray().Max(item => item.GetProperty("score").GetDouble()), scores[0]);
    }

    [Theory]
    [InlineData("/v1/rerank", """{"model":"tiny/topics","query":"x","documents":["a"]}""")]
    [InlineData("/v1/score", """{"model":"tiny/topics","text_1":"x","text_2":"a"}""")]
    [InlineData("/v1/rerank", """{"model":"tiny/reward","query":"x","documents":[]}""")]
    [InlineData("/v1/rerank", """{"model":"tiny/reward","query":"x","documents":[1]}""")]
    [InlineData("/v1/embeddings", """{"input":[]}""")]
    [InlineData("/v1/completions", """{"prompt":[]}""")]
    [InlineData("/detokenize", """{"tokens":[99999999]}""")]
    public async Task Request_ThatCannotBeAnswered_IsRefused(string route, string body)
    {
        using var client = await server.ClientAsync();
        using var response = await client.PostAsync(route, new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
            Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Completions_Echo_GivesThePromptsLikelihood()
    {
        using var client = await server.ClientAsync();
        var answer = await PostAsync(client, "/v1/completions", """{"prompt":"Hello there","echo":true,"max_tokens":0,"logprobs":1}""");
        var choice = answer.GetProperty("choices")[0];
        Assert.Equal("Hello there", choice.GetProperty("text").GetString());
        var values = choice.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().ToArray();
        Assert.Equal(JsonValueKind.Null, values[0].ValueKind);
        Assert.All(values.Skip(1), value => Assert.True(value.GetDouble() < 0));
    }

    [Fact]
    public async Task Tokenize_ThenDetokenize_GivesTheText()
    {
        using var client = await server.ClientAsync();
        var tokens = await PostAsync(client, "/tokenize", """{"content":"Hello there"}""");
        var text = await PostAsync(client, "/detokenize", JsonSerializer.Serialize(new { tokens = tokens.GetProperty("tokens") }));
        Assert.Equal("Hello there", text.GetProperty("content").GetString());
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, string route, string body)
    {
        using var response = await client.PostAsync(route, new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
            Token);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }
}
