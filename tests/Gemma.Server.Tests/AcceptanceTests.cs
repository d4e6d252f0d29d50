using System.Text.Json;

namespace Gemma.Server.Tests;

/// <summary>What the suites of other servers check of chats, completions, embeddings, heads and tools.</summary>
public sealed class AcceptanceTests(RunningServer server)
{
    private const string Chat = "/v1/chat/completions";
    private const string Story = """ "temperature":2,"max_tokens":12,"messages":[{"role":"user","content":"Zebras walk slowly"}] """;
    private const string Weather =
        """ "tools":[{"type":"function","function":{"name":"get_weather","parameters":"""
        + """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}] """;

    [Fact]
    public async Task Chat_Seeds_RepeatAndDiffer()
    {
        using var client = await server.ClientAsync();
        var texts = new List<string>();
        foreach (var seed in (long[])[1, 1, 2, 3, 4, 5, -5, long.MaxValue]) texts.Add(await TextAsync(client, $$"""{"seed":{{seed}},{{Story}}}"""));
        Assert.Equal(texts[0], texts[1]);
        Assert.True(texts.Distinct().Count() > 1);
    }

    [Fact]
    public async Task Chat_ConcurrentRequests_EqualTheirSoloRuns()
    {
        using var client = await server.ClientAsync();
        string[] bodies = [.. Enumerable.Range(0, 12).Select(i => $$"""{"seed":{{i}},{{Story}}}""")];
        var solo = new List<string>();
        foreach (var body in bodies) solo.Add(await TextAsync(client, body));
        Assert.Equal(solo, await Task.WhenAll(bodies.Select(body => TextAsync(client, body))));
    }

    [Fact]
    public async Task Chat_LogitBias_BansAToken()
    {
        using var client = await server.ClientAsync();
        var hello = (await client.PostAsync("/tokenize", """{"content":"Hello"}""")).GetProperty("tokens")[0].GetInt32();
        Assert.DoesNotContain("Hello",
            await TextAsync(client, $$"""{"max_tokens":8,"logit_bias":{"{{hello}}":-100},"messages":[{"role":"user","content":"Hello!"}]}"""),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_StreamedLogProbabilities_EqualTheWholes()
    {
        using var client = await server.ClientAsync();
        const string Body = """ "logprobs":true,"top_logprobs":2,"messages":[{"role":"user","content":"Hello!"}] """;
        var whole = (await client.PostAsync(Chat, $$"""{ {{Body}} }""")).GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content");
        var frames = await client.FramesAsync(Chat, $$"""{"stream":true,{{Body}}}""");
        var streamed = frames.SkipLast(1).Select(frame => JsonElement.Parse(frame.Data).GetProperty("choices")[0].GetProperty("logprobs"))
            .Where(value => value.ValueKind == JsonValueKind.Object).SelectMany(value => value.GetProperty("content").EnumerateArray());
        Assert.Equal(whole.EnumerateArray().Select(token => token.GetProperty("token").GetString()),
            streamed.Select(token => token.GetProperty("token").GetString()));
        var alone = (await client.PostAsync(Chat, """{"logprobs":true,"messages":[{"role":"user","content":"Hello!"}]}""")).GetProperty("choices")[0]
            .GetProperty("logprobs").GetProperty("content");
        Assert.All(alone.EnumerateArray(), token => Assert.Equal(0, token.GetProperty("top_logprobs").GetArrayLength()));
    }

    [Fact]
    public async Task Stream_EmptyAnswer_StillHasTheRole()
    {
        using var client = await server.ClientAsync();
        var frames = await client.FramesAsync(Chat, """{"stream":true,"logit_bias":{"107":100},"messages":[{"role":"user","content":"Hello!"}]}""");
        Assert.Equal(3, frames.Count);
        Assert.Equal("assistant", JsonElement.Parse(frames[0].Data).GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
    }

    [Fact]
    public async Task Completions_IdsListsAndMixed_GiveTheSameTexts()
    {
        using var client = await server.ClientAsync();
        var ids = (await client.PostAsync("/tokenize", """{"prompt":"Hello there"}""")).GetProperty("tokens").GetRawText();
        var text = (await client.PostAsync("/v1/completions", """{"prompt":"Hello there","max_tokens":6}""")).GetProperty("choices")[0].GetProperty("text")
            .GetString();
        foreach (var prompt in (string[])[ids, $"[{ids}]", $"[\"Hello there\",{ids}]"])
        {
            var choices = (await client.PostAsync("/v1/completions", $$"""{"prompt":{{prompt}},"max_tokens":6}""")).GetProperty("choices");
            Assert.All(choices.EnumerateArray(), choice => Assert.Equal(text, choice.GetProperty("text").GetString()));
        }
    }

    [Fact]
    public async Task Completions_SameSeed_IsTheSameCachedOrBesideAnother()
    {
        using var client = await server.ClientAsync();
        const string Body = """{"prompt":"Once upon a time there was a little house in the","max_tokens":12,"temperature":1.2,"seed":11}""";
        async Task<string> RunAsync() => (await client.PostAsync("/v1/completions", Body)).GetProperty("choices")[0].GetProperty("text").GetString()!;
        var first = await RunAsync();
        Assert.Equal(first, await RunAsync());
        Assert.All(await Task.WhenAll(RunAsync(), RunAsync(), RunAsync()), text => Assert.Equal(first, text));
    }

    [Fact]
    public async Task Embeddings_EqualInputs_AreEqualInOrderAndCounted()
    {
        using var client = await server.ClientAsync();
        var answer = await client.PostAsync("/v1/embeddings", """{"input":["a text","","another","a text"]}""");
        JsonElement[] data = [.. answer.GetProperty("data").EnumerateArray()];
        Assert.Equal([0, 1, 2, 3], data.Select(item => item.GetProperty("index").GetInt32()));
        Assert.Equal(data[0].GetProperty("embedding").GetRawText(), data[3].GetProperty("embedding").GetRawText());
        Assert.NotEqual(data[0].GetProperty("embedding").GetRawText(), data[2].GetProperty("embedding").GetRawText());
        var sum = 0;
        foreach (var input in (string[])["a text", "", "another", "a text"])
            sum += (await client.PostAsync("/v1/embeddings", $$"""{"input":"{{input}}"}""")).GetProperty("usage").GetProperty("prompt_tokens").GetInt32();
        Assert.Equal((sum, sum),
            (answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), answer.GetProperty("usage").GetProperty("total_tokens").GetInt32()));
    }

    [Fact]
    public async Task Classify_Truncated_CountsWhatWasRead()
    {
        using var client = await server.ClientAsync();
        var answer = await client.PostAsync("/v1/classify",
            """{"model":"sentiment","input":"one two three four five six seven eight","truncate_prompt_tokens":4}""");
        Assert.Equal((4, true),
            (answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), answer.GetProperty("data")[0].GetProperty("truncated").GetBoolean()));
    }

    [Fact]
    public async Task Tools_NoneOrResult_GiveText()
    {
        using var client = await server.ClientAsync();
        var none = await client.PostAsync(Chat,
            $$"""{"tool_choice":"none","max_tokens":20,{{Weather}},"messages":[{"role":"user","content":"What is the weather in Paris?"}]}""");
        Assert.False(none.GetProperty("choices")[0].GetProperty("message").TryGetProperty("tool_calls", out _));
        var after = await client.PostAsync(Chat, $$"""
            {"max_tokens":20,"tool_choice":"none",{{Weather}},"messages":[{"role":"user","content":"What is the weather in Paris?"},
             {"role":"assistant","content":null,"tool_calls":[
              {"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"} } ] },
             {"role":"tool","tool_call_id":"call_1","content":"Sunny"}]}
            """);
        Assert.NotEqual(string.Empty, after.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task Tools_StopInsideACall_LeavesTheCallWhole()
    {
        using var client = await server.ClientAsync();
        var answer = await client.PostAsync(Chat,
            $$"""{"tool_choice":"required","stop":["city"],{{Weather}},"messages":[{"role":"user","content":"What is the weather in Paris?"}]}""");
        var choice = answer.GetProperty("choices")[0];
        if (choice.GetProperty("finish_reason").GetString() != "tool_calls") Assert.False(choice.GetProperty("message").TryGetProperty("tool_calls", out _));
        else
        {
            Assert.Equal(JsonValueKind.Object,
                JsonElement.Parse(choice.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments")
                    .GetString()!).ValueKind);
        }
    }

    private static async Task<string> TextAsync(HttpClient client, string body) =>
        (await client.PostAsync(Chat, body)).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
}
