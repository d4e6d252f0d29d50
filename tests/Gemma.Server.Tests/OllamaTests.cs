using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OllamaSharp.Models;

namespace Gemma.Server.Tests;

/// <summary>Ollama's routes, through OllamaSharp, Extensions.AI over it, and by their lines.</summary>
public sealed class OllamaTests(RunningServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Models_OllamaSharp_AreListedAndDescribed()
    {
        using var client = new OllamaApiClient(await server.ClientAsync(), "tiny");
        Assert.True(await client.IsRunningAsync(Token));
        Assert.False(string.IsNullOrEmpty(await client.GetVersionAsync(Token)));
        var shown = await client.ShowModelAsync(new ShowModelRequest { Model = "tiny:latest" }, Token);
        Assert.Equal(["completion", "tools", "embedding"], shown.Capabilities!);
        var models = (await client.ListLocalModelsAsync(Token)).ToArray();
        Assert.Equal(["tiny", "sentiment"], models.Select(model => model.Name));
        Assert.Equal(64, models[0].Digest.Length);
        Assert.Contains(await client.ListRunningModelsAsync(Token), model => model.Name == "tiny");
    }

    [Fact]
    public async Task Chat_OllamaSharp_AnswersStreamedAndNot()
    {
        using var client = new OllamaApiClient(await server.ClientAsync(), "tiny");
        IChatClient chat = client;
        var answer = await chat.GetResponseAsync("Hello!", cancellationToken: Token);
        Assert.Equal("Hello! How can I help you?", answer.Text);
        Assert.True(answer.Usage!.OutputTokenCount > 1);
        Assert.Equal("Hello! How can I help you?", (await chat.GetStreamingResponseAsync("Hello!", cancellationToken: Token).ToChatResponseAsync(Token)).Text);
    }

    [Fact]
    public async Task Chat_OllamaSharp_CallsAFunctionAndGoesOn()
    {
        var called = 0;
        using var client = new OllamaApiClient(await server.ClientAsync(), "tiny");
        using var chat = ((IChatClient)client).AsBuilder().UseFunctionInvocation(configure: invoking => invoking.MaximumIterationsPerRequest = 1).Build();
        var weather = AIFunctionFactory.Create((string city) => { called++; return $"Sunny in {city}"; }, "get_weather");
        await chat.GetResponseAsync("What is the weather in Paris?", new ChatOptions { Tools = [weather], MaxOutputTokens = 60 }, Token);
        Assert.Equal(1, called);
    }

    [Fact]
    public async Task GenerateAndEmbed_OllamaSharp_Answer()
    {
        using var client = new OllamaApiClient(await server.ClientAsync(), "tiny");
        var text = string.Empty;
        await foreach (var piece in client.GenerateAsync(new GenerateRequest { Model = "tiny", Prompt = "Hello!" }, Token)) text += piece?.Response;
        Assert.Equal("Hello! How can I help you?", text);
        var embedded = await client.EmbedAsync(new EmbedRequest { Model = "tiny", Input = ["a text", "a text"] }, Token);
        Assert.Equal(embedded.Embeddings[0], embedded.Embeddings[1]);
        Assert.Equal(1, embedded.Embeddings[0].Sum(value => value * value), 4);
    }

    [Fact]
    public async Task Chat_Stream_EndsWithCountsAndDurations()
    {
        using var client = await server.ClientAsync();
        using var response = await client.PostAsync("/api/chat",
            Wire.Json("""{"model":"tiny","options":{"num_ctx":64,"num_predict":3},"keep_alive":"5m","messages":[{"role":"user","content":"Hello!"}]}"""),
            Token);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        JsonElement[] lines = [.. (await response.Content.ReadAsStringAsync(Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonElement.Parse(line))];
        Assert.All(lines.SkipLast(1), line => Assert.False(line.GetProperty("done").GetBoolean()));
        Assert.Equal((true, "length", 3),
            (lines[^1].GetProperty("done").GetBoolean(), lines[^1].GetProperty("done_reason").GetString(), lines[^1].GetProperty("eval_count").GetInt32()));
        Assert.True(lines[^1].GetProperty("total_duration").GetInt64() >= lines[^1].GetProperty("eval_duration").GetInt64());
    }

    [Fact]
    public async Task Chat_CallAndResultByName_GoOn()
    {
        using var client = await server.ClientAsync();
        var answer = await client.PostAsync("/api/chat", """
            {"model":"tiny","stream":false,"options":{"num_predict":8},"messages":[{"role":"user","content":"Weather?"},
             {"role":"assistant","content":"","tool_calls":[{"function":{"name":"get_weather","arguments":{"city":"Paris"}}}]},
             {"role":"tool","tool_name":"get_weather","content":"Sunny"}]}
            """);
        Assert.Equal("assistant", answer.GetProperty("message").GetProperty("role").GetString());
    }

    [Fact]
    public async Task Generate_SchemaRawAndLoad_AreHonoured()
    {
        using var client = await server.ClientAsync();
        var schema = await client.PostAsync("/api/generate",
            """{"model":"tiny","stream":false,"prompt":"JSON","format":{"type":"object","properties":{"a":{"const":7}},"required":["a"]}}""");
        Assert.Equal(7, JsonElement.Parse(schema.GetProperty("response").GetString()!).GetProperty("a").GetInt32());
        var raw = await client.PostAsync("/api/generate",
            """{"model":"tiny","stream":false,"raw":true,"prompt":"<start_of_turn>user\nHello!<end_of_turn>\n<start_of_turn>model\n"}""");
        Assert.Equal("Hello! How can I help you?", raw.GetProperty("response").GetString());
        Assert.Equal("load", (await client.PostAsync("/api/generate", """{"model":"tiny"}""")).GetProperty("done_reason").GetString());
    }

    [Theory]
    [InlineData("/api/chat", """{"model":"nobody","messages":[]}""", 404)]
    [InlineData("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"x","images":["aGk="]}]}""", 400)]
    [InlineData("/api/generate", """{"model":"tiny","prompt":"x","context":[1,2]}""", 400)]
    [InlineData("/api/generate", """{"model":"tiny","prompt":"x","template":"{{.Prompt}}"}""", 400)]
    [InlineData("/api/generate", """{"model":"tiny","prompt":"x","suffix":"y"}""", 400)]
    [InlineData("/api/pull", """{"model":"tiny"}""", 501)]
    [InlineData("/api/delete", """{"model":"tiny"}""", 501)]
    public async Task Request_WhatCannotBeHonoured_IsRefusedInOllamasWords(string route, string body, int expected)
    {
        using var client = await server.ClientAsync();
        var (status, answer) = await client.TryAsync(route, body);
        Assert.Equal((expected, JsonValueKind.String), (status, answer.GetProperty("error").ValueKind));
    }

    [Fact]
    public async Task Home_Head_IsThere()
    {
        using var client = await server.ClientAsync();
        using var response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"), Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
