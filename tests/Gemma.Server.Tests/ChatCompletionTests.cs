using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Gemma.Server.Tests;

/// <summary>OpenAI's chat completions by their frames, over a real socket.</summary>
public sealed class ChatCompletionTests(RunningServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answer_Greedy_HasTextUsageAndFinishReason()
    {
        using var client = await server.ClientAsync();
        var answer = await PostAsync(client, """{"model":"tiny","messages":[{"role":"user","content":"Hello!"}]}""");
        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        var choice = Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal("Hello! How can I help you?", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("logprobs").ValueKind);
        var usage = answer.GetProperty("usage");
        Assert.True(usage.GetProperty("prompt_tokens").GetInt32() > 0);
        Assert.Equal(usage.GetProperty("total_tokens").GetInt32(), usage.GetProperty("prompt_tokens").GetInt32()
            + usage.GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Answer_ContentParts_EqualsTheString()
    {
        using var client = await server.ClientAsync();
        var parts = await PostAsync(client, """{"messages":[{"role":"user","content":[{"type":"text","text":"Hel"},{"type":"text","text":"lo!"}]}]}""");
        Assert.Equal("Hello! How can I help you?", parts.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task Stream_WithUsage_HasOneRoleOneEndOneUsageAndDone()
    {
        using var client = await server.ClientAsync();
        var frames = await StreamAsync(client,
            """{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hello!"}]}""");
        Assert.Equal("[DONE]", frames[^1]);
        var chunks = frames.SkipLast(1).Select(frame => JsonDocument.Parse(frame).RootElement).ToArray();
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
        var usage = Assert.Single(chunks, chunk => chunk.TryGetProperty("usage", out _));
        Assert.Empty(usage.GetProperty("choices").EnumerateArray());
        var deltas = chunks.Where(chunk => chunk.GetProperty("choices").GetArrayLength() > 0).Select(chunk => chunk.GetProperty("choices")[0]).ToArray();
        Assert.Equal("assistant", deltas[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Single(deltas, delta => delta.GetProperty("delta").TryGetProperty("role", out _));
        var end = Assert.Single(deltas, delta => delta.GetProperty("finish_reason").ValueKind != JsonValueKind.Null);
        Assert.Equal("stop", end.GetProperty("finish_reason").GetString());
        Assert.Equal("Hello! How can I help you?",
            string.Concat(deltas.Select(delta => delta.GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() : null)));
    }

    [Fact]
    public async Task Stream_WithoutUsage_HasNoUsageFrame()
    {
        using var client = await server.ClientAsync();
        var frames = await StreamAsync(client, """{"stream":true,"messages":[{"role":"user","content":"Hello!"}]}""");
        Assert.DoesNotContain(frames, frame => frame.Contains("\"usage\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answer_SeveralChoices_CountsThePromptOnce()
    {
        using var client = await server.ClientAsync();
        var one = await PostAsync(client, """{"max_tokens":4,"temperature":1.5,"seed":7,"messages":[{"role":"user","content":"Tell me a story."}]}""");
        var three = await PostAsync(client, """{"n":3,"max_tokens":4,"temperature":1.5,"seed":7,"messages":[{"role":"user","content":"Tell me a story."}]}""");
        Assert.Equal([0, 1, 2], three.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal(one.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), three.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public async Task Answer_LogProbabilities_JoinToTheContent()
    {
        using var client = await server.ClientAsync();
        var answer = await PostAsync(client, """{"logprobs":true,"top_logprobs":3,"messages":[{"role":"user","content":"Hello!"}]}""");
        var choice = answer.GetProperty("choices")[0];
        var tokens = choice.GetProperty("logprobs").GetProperty("content").EnumerateArray().ToArray();
        Assert.All(tokens, token => Assert.Equal(3, token.GetProperty("top_logprobs").GetArrayLength()));
        Assert.All(tokens, token => Assert.True(token.GetProperty("logprob").GetDouble() <= 0));
        Assert.Equal(choice.GetProperty("message").GetProperty("content").GetString(), Joined(tokens));
    }

    [Fact]
    public async Task Answer_LogProbabilitiesBeforeAStopText_JoinToTheContent()
    {
        using var client = await server.ClientAsync();
        const string Request = "\"stop\":[\"lp y\"],\"logprobs\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}";
        var choice = (await PostAsync(client, "{" + Request)).GetProperty("choices")[0];
        Assert.Equal("Hello! How can I he", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("Hello! How can I he", Joined(choice.GetProperty("logprobs").GetProperty("content").EnumerateArray()));
        var frames = await StreamAsync(client, """{"stream":true,""" + Request);
        Assert.Equal("Hello! How can I he", Joined(frames.SkipLast(1).Select(frame => JsonDocument.Parse(frame).RootElement.GetProperty("choices")[0])
            .Where(delta => delta.GetProperty("logprobs").ValueKind == JsonValueKind.Object)
            .SelectMany(delta => delta.GetProperty("logprobs").GetProperty("content").EnumerateArray())));
    }

    [Theory]
    [InlineData("""{"n":2,"messages":[{"role":"user","content":"Hello!"}]}""")]
    [InlineData("""{"n":2,"temperature":0,"messages":[{"role":"user","content":"Hello!"}]}""")]
    [InlineData("""{"n":2,"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"none","messages":[{"role":"user","content":"Hello!"}]}""")]
    public async Task Answer_SeveralGreedyChoices_AreTheSame(string request)
    {
        using var client = await server.ClientAsync();
        var answer = await PostAsync(client, request);
        Assert.Equal(["Hello! How can I help you?", "Hello! How can I help you?"],
            answer.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("message").GetProperty("content").GetString()));
    }

    [Fact]
    public async Task Answer_SeveralChoicesWithARequiredTool_AreCallsEach()
    {
        using var client = await server.ClientAsync();
        var answer = await PostAsync(client, """
            {"n":2,"max_tokens":60,"tools":[{"type":"function","function":{"name":"get_time","parameters":{"type":"object","properties":{}}}}],
             "tool_choice":"required","messages":[{"role":"user","content":"Hello!"}]}
            """);
        Assert.Equal(["get_time", "get_time"], answer.GetProperty("choices").EnumerateArray().Select(choice =>
            choice.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Answer_JsonSchema_IsObeyed()
    {
        using var client = await server.ClientAsync();
        var answer = await PostAsync(client, """
            {"max_tokens":60,"messages":[{"role":"user","content":"Give me JSON."}],
             "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"a":{"const":7}},"required":["a"],"additionalProperties":false}}}}
            """);
        using var content = JsonDocument.Parse(answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!);
        Assert.Equal(7, content.RootElement.GetProperty("a").GetInt32());
    }

    [Fact]
    public async Task Answer_RequiredTool_IsACallWithJsonArguments()
    {
        using var client = await server.ClientAsync();
        var answer = await PostAsync(client, """
            {"messages":[{"role":"user","content":"What is the weather in Paris?"}],"tool_choice":"required",
             "tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]}
            """);
        var choice = answer.GetProperty("choices")[0];
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        var call = choice.GetProperty("message").GetProperty("tool_calls")[0];
        Assert.Equal("get_weather", call.GetProperty("function").GetProperty("name").GetString());
        using var arguments = JsonDocument.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!);
        Assert.Equal(JsonValueKind.String, arguments.RootElement.GetProperty("city").ValueKind);
    }

    [Theory]
    [InlineData("""[]""", 400, null)]
    [InlineData("""{""", 400, null)]
    [InlineData("""{"messages":null}""", 400, "messages")]
    [InlineData("""{"messages":"x"}""", 400, "messages")]
    [InlineData("""{"messages":[123]}""", 400, "messages[0]")]
    [InlineData("""{"messages":[{}]}""", 400, "messages[0].role")]
    [InlineData("""{"messages":[{"role":"wizard","content":"x"}]}""", 400, "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://x"}}]}]}""", 400, "messages[0].content[0].type")]
    [InlineData("""{"model":"../../etc/passwd","messages":[{"role":"user","content":"x"}]}""", 404, "model")]
    [InlineData("""{"n":129,"messages":[{"role":"user","content":"x"}]}""", 400, "n")]
    [InlineData("""{"temperature":3,"messages":[{"role":"user","content":"x"}]}""", 400, "temperature")]
    [InlineData("""{"logprobs":true,"top_logprobs":21,"messages":[{"role":"user","content":"x"}]}""", 400, "top_logprobs")]
    [InlineData("""{"stop":[""],"messages":[{"role":"user","content":"x"}]}""", 400, "stop")]
    [InlineData("""{"tool_choice":"required","messages":[{"role":"user","content":"x"}]}""", 400, "tool_choice")]
    [InlineData("""{"response_format":{"type":"yaml"},"messages":[{"role":"user","content":"x"}]}""", 400, "response_format.type")]
    [InlineData("""{"messages":[{"role":"user","content":"\ud800"}]}""", 400, "messages[0].content")]
    [InlineData("""{"stream":true,"response_format":{"type":"json_schema","json_schema":{"schema":{"$ref":"#/nowhere"}}},"messages":[{"role":"user","content":"x"}]}""",
        400,
        null)]
    public async Task Answer_BadRequest_HasStatusAndAllFourKeys(string body, int status, string? parameter)
    {
        using var client = await server.ClientAsync();
        using var response = await client.PostAsync("/v1/chat/completions",
            new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")), Token);
        Assert.Equal(status, (int)response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error");
        Assert.Equal(["code", "message", "param", "type"], error.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        if (parameter is not null) Assert.Equal(parameter, error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Answer_TooLong_IsContextLengthExceeded()
    {
        using var client = await server.ClientAsync();
        var text = string.Concat(Enumerable.Repeat("word ", 20_000));
        using var response = await client.PostAsJsonAsync("/v1/chat/completions", new
        {
            stream = true,
            messages = new[] { new { role = "user", content = text } }
        }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error");
        Assert.Equal("context_length_exceeded", error.GetProperty("code").GetString());
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, string body)
    {
        using var response = await client.PostAsync("/v1/chat/completions",
            new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")), Token);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private static string Joined(IEnumerable<JsonElement> tokens) => string.Concat(tokens.Select(token => token.GetProperty("token").GetString()));

    private static async Task<IReadOnlyList<string>> StreamAsync(HttpClient client, string body)
    {
        using var response = await client.PostAsync("/v1/chat/completions",
            new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")), Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var text = await response.Content.ReadAsStringAsync(Token);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(frame => frame.StartsWith("data: ", StringComparison.Ordinal))
            .Select(frame => frame["data: ".Length..])];
    }
}
