using Gemma.Runtime.Chat;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace Gemma.Runtime.Tests.Chat;

/// <summary>Every field of responses and updates.</summary>
public class ChatResponseContractTests(TinyGemma tiny)
{
    [Fact]
    public async Task GetStreamingResponseAsync_EveryUpdate_HasIdsRoleModelAndTime()
    {
        var now = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
        using var client = new GemmaChatClient(await tiny.ModelAsync(), timeProvider: new FakeTimeProvider(now));
        List<ChatResponseUpdate> updates = [];
        await foreach (var update in client.GetStreamingResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken)) updates.Add(update);

        Assert.Single(updates.Select(update => update.ResponseId).Distinct(), id => !string.IsNullOrEmpty(id));
        Assert.Single(updates.Select(update => update.MessageId).Distinct(), id => !string.IsNullOrEmpty(id));
        Assert.All(updates, update =>
        {
            Assert.Equal((ChatRole.Assistant, "tiny-gemma-it", now), (update.Role!.Value, update.ModelId, update.CreatedAt));
            Assert.Null(update.ConversationId);
            Assert.Null(update.ContinuationToken);
            Assert.NotEmpty(update.Contents);
        });
        Assert.All(updates.SkipLast(1), update =>
        {
            Assert.Null(update.FinishReason);
            Assert.NotEqual(string.Empty, Assert.IsType<TextContent>(Assert.Single(update.Contents)).Text);
        });
        Assert.True(updates.Count > 3, "the answer streams");
        var usage = Assert.IsType<UsageContent>(Assert.Single(updates[^1].Contents)).Details;
        Assert.Equal((11L, 9L, 20L), (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        Assert.NotNull(updates[^1].RawRepresentation);
    }

    [Fact]
    public async Task GetResponseAsync_Response_IsOneMessageWithUsageAndTimings()
    {
        using var client = new GemmaChatClient(await tiny.ModelAsync());
        var response = await client.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken);
        var message = Assert.Single(response.Messages);
        Assert.Equal("Hello! How can I help you?", message.Text);
        Assert.Single(message.Contents.OfType<TextContent>());
        Assert.Equal((ChatFinishReason.Stop, "tiny-gemma-it", null), (response.FinishReason, response.ModelId, response.ConversationId));
        Assert.Equal(20, response.Usage?.TotalTokenCount);
        Assert.Equal("stop", message.AdditionalProperties!["FinishReason"]);
        Assert.True((double)message.AdditionalProperties["TimeToFirstTokenMs"]! > 0);
    }

    [Fact]
    public async Task GetResponseAsync_SecondTurn_CountsCachedTokens()
    {
        using var client = new GemmaChatClient(await tiny.ModelAsync());
        List<ChatMessage> history = [new(ChatRole.User, "My name is Zacharias and I live in the old town of a very small country by the sea.")];
        var first = await client.GetResponseAsync(history, cancellationToken: TestContext.Current.CancellationToken);
        history.AddMessages(first);
        history.Add(new ChatMessage(ChatRole.User, "What is my name?"));
        var second = await client.GetResponseAsync(history, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(second.Usage!.CachedInputTokenCount >= first.Usage!.InputTokenCount,
            $"{second.Usage.CachedInputTokenCount} of {second.Usage.InputTokenCount} tokens came from the cache");
    }
}
