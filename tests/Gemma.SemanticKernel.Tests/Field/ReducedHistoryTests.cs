using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Gemma.SemanticKernel.Tests.Field;

/// <summary>What reducers leave of a conversation is answered: it may begin with the assistant, or with a summary.</summary>
public sealed class ReducedHistoryTests(TinyGemma tiny)
{
    private static readonly string[] Questions = ["Hello!", "My name is Anna.", "What is the capital of France?", "What is my name?", "Tell me a joke."];

    [Theory]
    [InlineData("count 2")]
    [InlineData("count 3")]
    [InlineData("summary")]
    [InlineData("window")]
    public async Task GetResponseAsync_HistoryThatAReducerCut_IsAnswered(string kind)
    {
        await using var provider = new ServiceCollection().AddGemma(await tiny.PackageAsync(ModelPrecision.Fp32)).Services.BuildServiceProvider();
        var client = provider.GetRequiredService<IChatClient>();
#pragma warning disable MEAI001 // reducers are experimental
        IChatReducer? reducer = kind switch
        {
            "count 2" => new MessageCountingChatReducer(2),
            "count 3" => new MessageCountingChatReducer(3),
            "summary" =>
            new SummarizingChatReducer(client, 2, 0),
            _ => null
        };
        List<ChatMessage> history = [];
        foreach (var question in Questions)
        {
            history.Add(new ChatMessage(ChatRole.User, question));
            var sent = reducer is null ? history.TakeLast(4) : await reducer.ReduceAsync(history, TestContext.Current.CancellationToken);
#pragma warning restore MEAI001
            var response = await client.GetResponseAsync(sent, new ChatOptions { MaxOutputTokens = 12 }, TestContext.Current.CancellationToken);
            Assert.False(string.IsNullOrWhiteSpace(response.Text), question);
            history.AddRange(response.Messages);
        }
    }

    [Theory]
    [InlineData("truncation")]
    [InlineData("summary")]
    public async Task GetChatMessageContentAsync_HistoryThatAReducerCut_IsAnswered(string kind)
    {
        await using var provider = new ServiceCollection().AddGemma(await tiny.PackageAsync(ModelPrecision.Fp32)).Services.BuildServiceProvider();
        var service = provider.GetRequiredService<IChatCompletionService>();
#pragma warning disable SKEXP0001 // reducers are experimental
        IChatHistoryReducer reducer = kind == "truncation" ? new ChatHistoryTruncationReducer(2) : new ChatHistorySummarizationReducer(service, 2);
        var history = new ChatHistory();
        foreach (var question in Questions)
        {
            history.AddUserMessage(question);
            if (await reducer.ReduceAsync(history, TestContext.Current.CancellationToken) is { } reduced) history = [.. reduced];
#pragma warning restore SKEXP0001
            var answer = await service.GetChatMessageContentAsync(history, new GemmaPromptExecutionSettings
            {
                MaxTokens = 12,
            }, cancellationToken: TestContext.Current.CancellationToken);
            Assert.False(string.IsNullOrWhiteSpace(answer.Content), question);
            history.Add(answer);
        }
    }

    [Fact]
    public async Task GetResponseAsync_NoMessages_SaysThatTheyAreMissing()
    {
        await using var provider = new ServiceCollection().AddGemma(await tiny.PackageAsync(ModelPrecision.Fp32)).Services.BuildServiceProvider();
        var error = await Record.ExceptionAsync(() =>
            provider.GetRequiredService<IChatClient>().GetResponseAsync([], cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("no messages", error?.Message, StringComparison.Ordinal);
    }
}
