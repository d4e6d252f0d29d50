using System.Text.Json;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Generation;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Chat;

/// <summary>Log-probabilities, logit bias and several answers through ChatOptions.</summary>
public sealed class ChatAnswersTests(TinyGemma tiny)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LogProbabilities_AskedFor_AreTheAnswersTokensWithAlternatives()
    {
        var response = await AskAsync(new ChatOptions { AdditionalProperties = new() { ["logprobs"] = true, ["top_logprobs"] = 2 } });
        var tokens = Assert.IsType<IReadOnlyList<TokenChoice>>(Assert.Single(response.Messages).AdditionalProperties![GemmaChatClient.LogProbabilitiesKey],
            exactMatch: false);
        Assert.Equal(TinyGemmaGoldens.Ids(TinyGemmaGoldens.Conversation("demo-hello/1"), "expected_ids"), tokens.Select(token => token.Id));
        Assert.All(tokens, token =>
        {
            Assert.Equal(2, token.Alternatives.Count);
            Assert.Equal((token.Id, token.LogProbability), (token.Alternatives[0].Id, token.Alternatives[0].LogProbability));
        });
        Assert.False((await AskAsync(new ChatOptions())).Messages[0].AdditionalProperties!.ContainsKey(GemmaChatClient.LogProbabilitiesKey));
    }

    [Fact]
    public async Task LogitBias_OfTheLikeliestToken_ChoosesAnother()
    {
        foreach (var bias in (object[])[new Dictionary<string, double> { ["916"] = -100 }, new Dictionary<int, int>
        {
            [916] = -100,
        }, JsonElement.Parse("{\"916\": -100}")])
            Assert.DoesNotContain("Hello",
                (await AskAsync(new ChatOptions { MaxOutputTokens = 4, AdditionalProperties = new() { ["logit_bias"] = bias } })).Text,
                StringComparison.Ordinal);
    }

    [Fact]
    public async Task SeveralAnswers_AreMessagesOfOneResponseWithOneUsage()
    {
        var options = new ChatOptions { Temperature = 3, Seed = 3, MaxOutputTokens = 12, AdditionalProperties = new() { ["n"] = 3 } };
        var single = await AskAsync(new ChatOptions { MaxOutputTokens = 1 }, "Tell me a story.");
        var response = await AskAsync(options, "Tell me a story.");
        Assert.Equal(3, response.Messages.Count);
        Assert.Equal(3, response.Messages.Select(message => message.MessageId).Distinct().Count());
        Assert.True(response.Messages.Select(message => message.Text).Distinct().Count() > 1, "the answers are drawn independently");
        var output = response.Messages.Sum(message => Assert.IsType<GenerationSummary>(message.RawRepresentation).OutputTokens);
        Assert.Equal((single.Usage!.InputTokenCount, (long)output), (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount));

        using var client = new GemmaChatClient(await tiny.ModelAsync());
        var updates = await client.GetStreamingResponseAsync("Tell me a story.", options, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(response.Messages.Select(message => message.Text), updates.ToChatResponse().Messages.Select(message => message.Text));
        Assert.Single(updates.SelectMany(update => update.Contents), content => content is UsageContent);
        Assert.True(updates.TakeWhile(update => update.MessageId == updates[0].MessageId).Count() > 2, "the first answer streams");
    }

    [Fact]
    public async Task WrongValues_AreRefusedByTheirName()
    {
        await RefusedAsync("num_return_sequences", new() { AdditionalProperties = new() { ["n"] = 2 } });
        await RefusedAsync("n", new() { AdditionalProperties = new() { ["n"] = "many" } });
        await RefusedAsync("num_return_sequences", new()
        {
            Temperature = 1,
            Tools = [AIFunctionFactory.Create(() => 1, "one")],
            AdditionalProperties = new() { ["n"] = 2 },
        });
        await RefusedAsync("logit_bias", new() { AdditionalProperties = new() { ["logit_bias"] = "x" } });
        await RefusedAsync("logit_bias", new() { AdditionalProperties = new() { ["logit_bias"] = new Dictionary<string, int> { ["Hello"] = 1 } } });
        await RefusedAsync("top_logprobs", new() { AdditionalProperties = new() { ["top_logprobs"] = -1 } });
        await RefusedAsync("min_p", new() { AdditionalProperties = new() { ["min_p"] = "little" } });
        await RefusedAsync("top_k", new() { AdditionalProperties = new() { ["top_k"] = DateTimeOffset.UnixEpoch } });
    }

    [Fact]
    public async Task RawRepresentation_EveryUpdateAndTheResponse_HaveTheEnginesOwn()
    {
        using var client = new GemmaChatClient(await tiny.ModelAsync());
        var updates = await client.GetStreamingResponseAsync("Hello!", cancellationToken: Cancellation).ToListAsync(Cancellation);
        Assert.All(updates.SkipLast(1), update => Assert.NotNull(Assert.IsType<GenerationUpdate>(update.RawRepresentation).TokenId));
        Assert.IsType<GenerationSummary>(updates[^1].RawRepresentation);
        var response = await AskAsync(new ChatOptions());
        Assert.IsType<GenerationSummary>(response.RawRepresentation);
        Assert.IsType<GenerationSummary>(Assert.Single(response.Messages).RawRepresentation);
    }

    private async Task RefusedAsync(string name, ChatOptions options)
    {
        var error = await Assert.ThrowsAsync<InvalidGenerationConfigException>(() => AskAsync(options));
        Assert.Equal(name, error.Option);
    }

    private async Task<ChatResponse> AskAsync(ChatOptions options, string text = "Hello!")
    {
        using var client = new GemmaChatClient(await tiny.ModelAsync());
        return await client.GetResponseAsync(text, options, Cancellation);
    }
}
