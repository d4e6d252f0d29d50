using Gemma.Runtime.Chat;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Chat;

/// <summary>A client's own defaults beside options, loose properties of every shape, and many requests in a row.</summary>
public sealed class ChatDefaultsTests(TinyGemma tiny)
{
    [Fact]
    public async Task Defaults_OptionsSaySomethingElse_StillCount()
    {
        using var client = new GemmaChatClient(await tiny.ModelAsync(), new GenerationRequest
        {
            IncludeSpecialTokens = true,
            Config = new GenerationConfig { StopStrings = ["help"] },
            Timeout = TimeSpan.FromTicks(1),
        });
        await Assert.ThrowsAsync<GemmaTimeoutException>(() =>
            client.GetResponseAsync("Hello!", new ChatOptions { Temperature = 0 }, TestContext.Current.CancellationToken));
        using var patient = new GemmaChatClient(await tiny.ModelAsync(), new GenerationRequest
        {
            IncludeSpecialTokens = true,
            Config = new GenerationConfig { EosTokenId = [107] },
        });
        var response = await patient.GetResponseAsync("Hello!", new ChatOptions { Temperature = 0 }, TestContext.Current.CancellationToken);
        Assert.EndsWith("<end_of_turn>", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AdditionalProperties_ListsOfIdsAndForeignTexts_AreReadOrIgnored()
    {
        var model = await tiny.ModelAsync();
        using var client = new GemmaChatClient(model);
        var hello = model.Tokenizer!.Encode("Hello", addSpecialTokens: false, recognizeControlTokens: false);
        var options = new ChatOptions
        {
            MaxOutputTokens = 4,
            AdditionalProperties = new() { ["bad_words_ids"] = new int[][] { hello }, ["user"] = "NaN", ["team"] = "infinity" },
        };
        Assert.DoesNotContain("Hello", (await client.GetResponseAsync("Hello!", options, TestContext.Current.CancellationToken)).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_ManyRequestsWithEveryEnd_LeaveNothingBehind()
    {
        var model = await tiny.ModelAsync();
        using var client = new GemmaChatClient(model);
        for (var i = 0; i < 100; i++)
        {
            using var source = new CancellationTokenSource();
            var options = new ChatOptions { MaxOutputTokens = 3 };
            await client.GetResponseAsync("Hello!", options, TestContext.Current.CancellationToken);
            await foreach (var _ in client.GetStreamingResponseAsync($"Tell me {i}", options, TestContext.Current.CancellationToken)) break;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (var _ in client.GetStreamingResponseAsync("Tell me a story.", new ChatOptions
                {
                    Temperature = 5,
                    Seed = i,
                    MaxOutputTokens = 500,
                }, source.Token)) await source.CancelAsync();
            });
        }

        for (var i = 0; i < 1000 && model.ActiveRequests + model.QueueLength > 0; i++) await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.Equal((0, 0), (model.ActiveRequests, model.QueueLength));
        Assert.Equal("Hello! How can I help you?", (await client.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken)).Text);
    }
}
