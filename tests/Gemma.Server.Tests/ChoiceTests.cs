using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Server.Tests;

/// <summary>What a request is said to have used, and how many of them share a pass.</summary>
public sealed class ChoiceTests(RunningServer server, TinyGemmaHeads heads)
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";

    [Fact]
    public async Task Usage_Chat_IsThePromptsTokensAndTheAnswers()
    {
        using var client = await server.ClientAsync();
        const string Body = """ "messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello!"}] """;
        var answer = await client.PostAsync(Chat, $$"""{"max_tokens":5,"logprobs":true,"logit_bias":{"1":-100,"107":-100},{{Body}}}""");
        var usage = answer.GetProperty("usage");
        var prompt = (await client.PostAsync("/tokenize", $$"""{ {{Body}} }""")).GetProperty("count").GetInt32();
        Assert.Equal((prompt, 5, prompt + 5),
            (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32(), usage.GetProperty("total_tokens").GetInt32()));
        Assert.Equal(5, answer.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content").GetArrayLength());
    }

    [Fact]
    public async Task Tokenize_MessagesAndTools_GiveTheChatsPrompt()
    {
        using var client = await server.ClientAsync();
        const string Body = """
            "messages":[{"role":"user","content":"Hello!"}],
            "tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]
            """;
        var prompt = (await client.PostAsync("/tokenize", $$"""{ {{Body}} }""")).GetProperty("count").GetInt32();
        Assert.Equal(prompt, (await client.PostAsync(Chat, $$"""{"max_tokens":1,{{Body}}}""")).GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.True((await client.PostAsync("/tokenize", $$"""{"add_generation_prompt":false,{{Body}}}""")).GetProperty("count").GetInt32() < prompt);
    }

    [Fact]
    public async Task Completions_SameSeed_IsTheSameWithOneOrTwoPlaces()
    {
        const string Body = """{"prompt":["Once upon a time","Hello there","Once upon a time"],"max_tokens":12,"temperature":1.2,"seed":11}""";
        List<string[]> texts = [];
        foreach (var places in (int[])[1, 2])
        {
            await using var own = await StartedServer.StartAsync(await heads.PackageAsync(), configureModel: options => options.MaxConcurrentRequests = places);
            using var client = own.Client();
            for (var i = 0; i < 2; i++)
                texts.Add([.. (await client.PostAsync(Completions, Body)).GetProperty("choices").EnumerateArray().Select(Text)]);
        }

        Assert.All(texts, row => Assert.Equal(texts[0], row));
    }

    private static string Text(JsonElement choice) => choice.GetProperty("text").GetString()!;
}
