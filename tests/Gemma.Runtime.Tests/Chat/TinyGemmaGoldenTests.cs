using System.Text;
using Gemma.Runtime.Chat;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Chat;

/// <summary>Every greedy conversation that transformers had with tiny-gemma-it, token for token: prompt, answer, usage, finish reason.</summary>
public class TinyGemmaGoldenTests(TinyGemma tiny)
{
    [Theory]
    [MemberData(nameof(TinyGemmaGoldens.Conversations), MemberType = typeof(TinyGemmaGoldens))]
    public async Task GetStreamingResponseAsync_GoldenConversation_GivesTransformersAnswer(string id)
    {
        var golden = TinyGemmaGoldens.Conversation(id);
        var expectedIds = TinyGemmaGoldens.Ids(golden, "expected_ids");
        using var client = new GemmaChatClient(await tiny.ModelAsync());
        var text = new StringBuilder();
        UsageDetails? usage = null;
        ChatFinishReason? reason = null;
        await foreach (var update in client.GetStreamingResponseAsync(TinyGemmaGoldens.Messages(golden),
            cancellationToken: TestContext.Current.CancellationToken))
        {
            text.Append(update.Text);
            usage = update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details ?? usage;
            reason = update.FinishReason ?? reason;
        }

        Assert.Equal(golden.GetProperty("expected_text").GetString(), text.ToString());
        Assert.Equal(TinyGemmaGoldens.Ids(golden, "prompt_ids").Length, usage?.InputTokenCount);
        Assert.Equal(expectedIds.Length, usage?.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Stop, reason);
    }

    [Theory]
    [MemberData(nameof(TinyGemmaGoldens.Conversations), MemberType = typeof(TinyGemmaGoldens))]
    public async Task GenerateAsync_GoldenPrompt_GivesTransformersIds(string id)
    {
        var golden = TinyGemmaGoldens.Conversation(id);
        var model = await tiny.ModelAsync();
        List<int> ids = [];
        await foreach (var update in model.GenerateAsync(TinyGemmaGoldens.Ids(golden, "prompt_ids"), cancellationToken: TestContext.Current.CancellationToken))
        {
            if (update.TokenId is { } token) ids.Add(token);
        }

        Assert.Equal(TinyGemmaGoldens.Ids(golden, "expected_ids"), ids);
    }
}
