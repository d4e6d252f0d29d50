using System.ComponentModel;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;

namespace Gemma.Server.Tests;

/// <summary>Semantic Kernel's OpenAI connector, pointed at this server.</summary>
public sealed class SemanticKernelConnectorTests(RunningServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_Connector_AnswersStreamedAndNot()
    {
        var chat = (await KernelAsync()).GetRequiredService<IChatCompletionService>();
        var history = new ChatHistory();
        history.AddUserMessage("Hello!");
        var answer = await chat.GetChatMessageContentAsync(history, cancellationToken: Token);
        Assert.Equal("Hello! How can I help you?", answer.Content);
        var streamed = string.Empty;
        await foreach (var piece in chat.GetStreamingChatMessageContentsAsync(history, cancellationToken: Token)) streamed += piece.Content;
        Assert.Equal(answer.Content, streamed);
    }

    [Fact]
    public async Task Chat_ConnectorWithPlugin_CallsTheFunction()
    {
        var kernel = await KernelAsync();
        var called = new List<string>();
        kernel.Plugins.AddFromFunctions("home",
            [KernelFunctionFactory.CreateFromMethod(([Description("A city")] string city) => { called.Add(city); return $"Sunny in {city}"; }, "get_weather")]);
        var history = new ChatHistory();
        history.AddUserMessage("What is the weather in Paris?");
        var settings = new OpenAIPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required(), MaxTokens = 60 };
        await kernel.GetRequiredService<IChatCompletionService>().GetChatMessageContentAsync(history, settings, kernel, Token);
        Assert.Single(called);
    }

    private async Task<Kernel> KernelAsync()
    {
        var builder = Kernel.CreateBuilder();
        builder.AddOpenAIChatCompletion("tiny", new Uri(await server.AddressAsync(), "/v1"), RunningServer.Key);
        return builder.Build();
    }
}
