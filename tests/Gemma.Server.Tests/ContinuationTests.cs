using System.Text.Json;

namespace Gemma.Server.Tests;

/// <summary>A last message of the assistant is a beginning that the model goes on with.</summary>
public sealed class ContinuationTests(RunningServer server)
{
    private const string Chat = "/v1/chat/completions";
    private const string Begun = """ "messages":[{"role":"user","content":"Hello!"},{"role":"assistant","content":"Hello! How can"}] """;
    private const string Whole = "Hello! How can I help you?";

    [Fact]
    public async Task Chat_LastMessageOfTheAssistant_IsContinuedStreamedOrNot()
    {
        using var client = await server.ClientAsync();
        Assert.Equal(" I help you?", Text(await client.PostAsync(Chat, $$"""{ {{Begun}} }""")));
        Assert.Equal(" I help you?", Text(await client.PostAsync(Chat, $$"""{"continue_final_message":true,"add_generation_prompt":false,{{Begun}}}""")));
        var frames = await client.FramesAsync(Chat, $$"""{"stream":true,{{Begun}}}""");
        var deltas = frames.SkipLast(1).Select(frame => JsonElement.Parse(frame.Data).GetProperty("choices")[0].GetProperty("delta"));
        Assert.Equal(" I help you?", string.Concat(deltas.Select(delta => delta.TryGetProperty("content", out var text) ? text.GetString() : null)));
        var ollama = await client.PostAsync("/api/chat", $$"""{"model":"tiny","stream":false,{{Begun}}}""");
        Assert.Equal(" I help you?", ollama.GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task Chat_ContinuedMessage_HasThePromptThatTokenizeTells()
    {
        using var client = await server.ClientAsync();
        foreach (var (words, isContinued) in ((string, bool)[])[("", true), (""" "continue_final_message":false, """, false)])
        {
            var usage = (await client.PostAsync(Chat, $$"""{"max_tokens":1,{{words}}{{Begun}}}""")).GetProperty("usage");
            var tokens = await client.PostAsync("/tokenize", $$"""{"continue_final_message":{{(isContinued ? "true" : "false")}},{{Begun}}}""");
            Assert.Equal(tokens.GetProperty("count").GetInt32(), usage.GetProperty("prompt_tokens").GetInt32());
        }
    }

    [Fact]
    public async Task Chat_EmptyBeginning_IsAnAnswerFromItsBegin()
    {
        using var client = await server.ClientAsync();
        Assert.Equal(Whole, Text(await client.PostAsync(Chat, """{"messages":[{"role":"user","content":"Hello!"}],"add_generation_prompt":true}""")));
        Assert.NotEqual(" I help you?", Text(await client.PostAsync(Chat, $$"""{"max_tokens":8,"add_generation_prompt":true,{{Begun}}}""")));
    }

    [Theory]
    [InlineData("""[{"role":"user","content":"x"},{"role":"assistant","content":"a"},{"role":"assistant","content":"b"}]""", "", "messages")]
    [InlineData("""[{"role":"user","content":"x"}]""", """ "continue_final_message":true, """, "continue_final_message")]
    [InlineData("""[{"role":"user","content":"x"},{"role":"assistant","content":"a"}]""",
        """ "continue_final_message":true,"add_generation_prompt":true, """,
        "continue_final_message")]
    [InlineData("""[{"role":"user","content":"x"}]""", """ "add_generation_prompt":false, """, "add_generation_prompt")]
    public async Task Chat_WhatCannotBeContinued_IsRefusedByName(string messages, string words, string parameter)
    {
        using var client = await server.ClientAsync();
        foreach (var stream in (string[])["true", "false"])
        {
            var (status, answer) = await client.TryAsync(Chat, $$"""{"stream":{{stream}},{{words}}"messages":{{messages}}}""");
            Assert.Equal((400, parameter), (status, answer.GetProperty("error").GetProperty("param").GetString()));
        }
    }

    private static string? Text(JsonElement answer) => answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
}
