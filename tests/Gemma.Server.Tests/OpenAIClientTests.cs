using System.ClientModel;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace Gemma.Server.Tests;

/// <summary>OpenAI's own .NET client, and Extensions.AI over it.</summary>
public sealed class OpenAIClientTests(RunningServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_OpenAIClient_AnswersStreamedAndNot()
    {
        var client = (await ClientAsync()).GetChatClient("tiny");
        var answer = await client.CompleteChatAsync([new UserChatMessage("Hello!")], cancellationToken: Token);
        Assert.Equal("Hello! How can I help you?", answer.Value.Content[0].Text);
        var streamed = string.Empty;
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("Hello!")], cancellationToken: Token))
            streamed += string.Concat(update.ContentUpdate.Select(part => part.Text));
        Assert.Equal("Hello! How can I help you?", streamed);
    }

    [Fact]
    public async Task Chat_ExtensionsAI_CallsAFunctionAndGoesOn()
    {
        var called = 0;
        using var client = (await ClientAsync()).GetChatClient("tiny").AsIChatClient().AsBuilder().UseFunctionInvocation().Build();
        var weather = AIFunctionFactory.Create((string city) => { called++; return $"Sunny in {city}"; }, "get_weather");
        var response = await client.GetResponseAsync("What is the weather in Paris?", new ChatOptions
        {
            Tools = [weather],
            ToolMode = ChatToolMode.RequireAny,
            MaxOutputTokens = 60,
        }, Token);
        Assert.Equal(1, called);
        Assert.Contains(response.Messages, message => message.Contents.OfType<FunctionResultContent>().Any());
    }

    [Fact]
    public async Task Embeddings_OpenAIClient_ReadsBase64()
    {
        var client = (await ClientAsync()).GetEmbeddingClient("tiny");
        var answer = await client.GenerateEmbeddingsAsync(["a text", "a text"], cancellationToken: Token);
        Assert.Equal(answer.Value[0].ToFloats().ToArray(), answer.Value[1].ToFloats().ToArray());
    }

    private async Task<OpenAIClient> ClientAsync() =>
        new(new ApiKeyCredential(RunningServer.Key), new OpenAIClientOptions { Endpoint = new Uri(await server.AddressAsync(), "/v1") });
}
