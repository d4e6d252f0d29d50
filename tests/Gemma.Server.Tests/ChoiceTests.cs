using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Server.Tests;

/// <summary>Several answers of one request, what a request is said to have used, and how many of them share a pass.</summary>
public sealed class ChoiceTests(RunningServer server, TinyGemmaHeads heads)
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";
    private const string Several = """ "n":4,"seed":3,"temperature":1.5,"max_tokens":40,"logit_bias":{"1":3,"107":3} """;
    private const string Story = """ "messages":[{"role":"user","content":"Tell me a story."}] """;

    /// <summary>Rows of one request stream beside each other; each ends when it is complete, with the text of the whole answer's choice.</summary>
    [Theory]
    [InlineData(Chat, Story)]
    [InlineData(Completions, """ "prompt":"Once upon a time" """)]
    public async Task Stream_SeveralChoices_EndAtTheirOwnTimes(string route, string input)
    {
        using var client = await server.ClientAsync();
        var whole = (await client.PostAsync(route, $$"""{ {{Several}},{{input}} }""")).GetProperty("choices");
        JsonElement[] frames = [.. (await client.FramesAsync(route, $$"""{"stream":true,{{Several}},{{input}}}""")).SkipLast(1)
            .Select(frame => JsonElement.Parse(frame.Data).GetProperty("choices")[0])];
        var texts = whole.EnumerateArray().Select(Text).ToArray();
        Assert.Equal(texts,
            Enumerable.Range(0, 4).Select(index => string.Concat(frames.Where(frame => frame.GetProperty("index").GetInt32() == index).Select(Text))));
        Assert.True(texts.Distinct().Count() > 1, "All texts are the same.");
        var firstEnd = Array.FindIndex(frames, frame => frame.GetProperty("finish_reason").ValueKind == JsonValueKind.String);
        Assert.Contains(frames.Skip(firstEnd + 1), frame => Text(frame).Length > 0);
        int[] rows = [.. frames.Where(frame => Text(frame).Length > 0).Select(frame => frame.GetProperty("index").GetInt32())];
        Assert.True(rows.Zip(rows.Skip(1)).Count(pair => pair.First != pair.Second) >= rows.Distinct().Count(),
            $"One row came after the other: {string.Join(' ', rows)}");
    }

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

    // The text of a choice: of a whole one or of a frame's, of a chat or of a completion.
    private static string Text(JsonElement choice)
    {
        if (choice.TryGetProperty("text", out var text)) return text.GetString()!;
        var message = choice.TryGetProperty("delta", out var delta) ? delta : choice.GetProperty("message");
        return message.TryGetProperty("content", out var content) ? content.GetString()! : string.Empty;
    }
}
