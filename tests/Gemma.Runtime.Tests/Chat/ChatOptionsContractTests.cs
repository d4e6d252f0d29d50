using System.Text.Json;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Chat;

/// <summary>Every member of ChatOptions.</summary>
public class ChatOptionsContractTests(TinyGemma tiny)
{
    private const string Hello = "Hello! How can I help you?";

    [Fact]
    public async Task Instructions_ComeBeforeTheConversation()
    {
        var options = new ChatOptions { Instructions = "Answer like a pirate." };
        var expected = await AskAsync([new ChatMessage(ChatRole.System, "Answer like a pirate."), new ChatMessage(ChatRole.User, "Hello!")], null);
        Assert.Equal(expected.Usage!.InputTokenCount, (await AskAsync("Hello!", options)).Usage!.InputTokenCount);
    }

    [Fact]
    public async Task Temperature_ZeroIsGreedyAndPositiveSamples()
    {
        Assert.Equal(Hello, (await AskAsync("Hello!", new ChatOptions { Temperature = 0, Seed = 5 })).Text);
        var texts = new HashSet<string>();
        for (var seed = 0; seed < 6; seed++)
            texts.Add((await AskAsync("Tell me a story.", new ChatOptions { Temperature = 3, Seed = seed, MaxOutputTokens = 12 })).Text);
        Assert.True(texts.Count > 1, "a high temperature gives different texts");
    }

    [Fact]
    public async Task TopPAndTopK_AloneDoNotSwitchSamplingOn() =>
        Assert.Equal(Hello, (await AskAsync("Hello!", new ChatOptions { TopP = 0.9f, TopK = 50, Seed = 3 })).Text);

    [Fact]
    public async Task TopK_One_IsGreedyAtAnyTemperature() =>
        Assert.Equal(Hello, (await AskAsync("Hello!", new ChatOptions { Temperature = 50, TopK = 1 })).Text);

    [Fact]
    public async Task Seed_SameSeed_GivesTheSameText()
    {
        var options = new ChatOptions { Temperature = 2, Seed = long.MaxValue - 3, MaxOutputTokens = 30 };
        Assert.Equal((await AskAsync("Tell me a story.", options)).Text, (await AskAsync("Tell me a story.", options)).Text);
        Assert.NotEqual((await AskAsync("Tell me a story.", options)).Text,
            (await AskAsync("Tell me a story.", new ChatOptions { Temperature = 2, Seed = options.Seed ^ (1L << 40), MaxOutputTokens = 30 })).Text);
    }

    [Fact]
    public async Task MaxOutputTokens_Reached_FinishesByLength()
    {
        var response = await AskAsync("Hello!", new ChatOptions { MaxOutputTokens = 3 });
        Assert.Equal((ChatFinishReason.Length, 3L), (response.FinishReason, response.Usage!.OutputTokenCount));
    }

    [Fact]
    public async Task StopSequences_AcrossTokens_EndTheTextBeforeThem()
    {
        var response = await AskAsync("Hello!", new ChatOptions { StopSequences = ["can I he", "never"] });
        Assert.Equal(("Hello! How ", ChatFinishReason.Stop), (response.Text, response.FinishReason));
    }

    [Fact]
    public async Task PenaltiesAndAdditionalProperties_ReachTheSampler()
    {
        var penalised = new ChatOptions
        {
            FrequencyPenalty = 2,
            PresencePenalty = 2,
            MaxOutputTokens = 60,
            AdditionalProperties = new() { ["repetition_penalty"] = "8.5" },
        };
        Assert.NotEqual((await AskAsync("Tell me a story.", new ChatOptions { MaxOutputTokens = 60 })).Text,
            (await AskAsync("Tell me a story.", penalised)).Text);
        var forced = new ChatOptions
        {
            MaxOutputTokens = 4,
            AdditionalProperties = new()
            {
                ["suppress_tokens"] = JsonDocument.Parse("[916]").RootElement,
                ["repetition_penalty"] = 1.0,
                ["top_k"] = 50.0,
                ["unknown_key"] = "x",
            },
        };
        Assert.DoesNotContain("Hello", (await AskAsync("Hello!", forced)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RawRepresentationFactory_NativeRequest_WinsOverOptions()
    {
        var options = new ChatOptions
        {
            MaxOutputTokens = 50,
            RawRepresentationFactory = _ => new GenerationRequest { Config = new GenerationConfig { DoSample = false, MaxNewTokens = 2 } },
        };
        Assert.Equal(2, (await AskAsync("Hello!", options)).Usage!.OutputTokenCount);
    }

    [Fact]
    public async Task AdditionalProperties_StopStringsAndEosTokens_EndTheText()
    {
        Assert.Equal("Hello! How ",
            (await AskAsync("Hello!", new ChatOptions
            {
                AdditionalProperties = new() { ["stop_strings"] = JsonDocument.Parse("[\"can I\"]").RootElement },
            })).Text);
        var tokens = TinyGemmaGoldens.Ids(TinyGemmaGoldens.Conversation("demo-hello/1"), "expected_ids");
        var response = await AskAsync("Hello!", new ChatOptions { AdditionalProperties = new() { ["eos_token_id"] = tokens[2] } });
        Assert.Equal((3L, ChatFinishReason.Stop), (response.Usage!.OutputTokenCount, response.FinishReason));
    }

    [Fact]
    public async Task IgnoredMembers_ChangeNothing()
    {
        var options = new ChatOptions
        {
            ConversationId = "c",
            ModelId = "another",
            AllowBackgroundResponses = true,
            Reasoning = new ReasoningOptions(),
            Tools = [new HostedWebSearchTool()],
            ResponseFormat = ChatResponseFormat.Text,
        };
        var response = await AskAsync("Hello!", options);
        Assert.Equal((Hello, null), (response.Text, response.ConversationId));
    }

    [Fact]
    public async Task InvalidValues_AreTypedErrors()
    {
        AssertBadOption(await Assert.ThrowsAnyAsync<Exception>(() => AskAsync("Hello!", new ChatOptions { Temperature = -1 })), "temperature");
        AssertBadOption(await Assert.ThrowsAnyAsync<Exception>(() => AskAsync("Hello!", new ChatOptions { Temperature = 1, TopP = -0.5f })), "top_p");
        AssertBadOption(await Assert.ThrowsAnyAsync<Exception>(() => AskAsync("Hello!", new ChatOptions { Temperature = float.NaN })), "temperature");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => AskAsync("Hello!", new ChatOptions { MaxOutputTokens = 0 }));
        await Assert.ThrowsAsync<ArgumentException>(() => AskAsync("Hello!", new ChatOptions { StopSequences = [string.Empty] }));
    }

    [Fact]
    public async Task InvalidValues_AreNamedAsTheCallerNamesThem()
    {
        AssertBadOption(await Assert.ThrowsAnyAsync<Exception>(() => AskAsync("Hello!", new ChatOptions { Temperature = 1, TopP = -0.5f })),
            "ChatOptions.TopP");
        AssertBadOption(await Assert.ThrowsAnyAsync<Exception>(() => AskAsync("Hello!", new ChatOptions { MaxOutputTokens = 0 })),
            "ChatOptions.MaxOutputTokens");
        foreach (var (key, value) in new (string, object)[] { ("min_p", "much"), ("top_k", new object()), ("bad_words_ids", 5), ("repetition_penalty", -1),
            ("do_sample", 3) })
            AssertBadOption(await Assert.ThrowsAnyAsync<Exception>(() =>
                AskAsync("Hello!", new ChatOptions { AdditionalProperties = new() { [key] = value } })), key);
        Assert.Equal(Hello,
            (await AskAsync("Hello!", new ChatOptions { AdditionalProperties = new() { ["mine"] = new object(), ["yours"] = double.NaN } })).Text);
    }

    private static void AssertBadOption(Exception error, string name)
    {
        Assert.True(error is InvalidGenerationConfigException or ArgumentException, error.ToString());
        Assert.Contains(name, error.Message, StringComparison.OrdinalIgnoreCase);
    }

    private Task<ChatResponse> AskAsync(string text, ChatOptions? options) => AskAsync([new ChatMessage(ChatRole.User, text)], options);

    private async Task<ChatResponse> AskAsync(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        using var client = new GemmaChatClient(await tiny.ModelAsync());
        return await client.GetResponseAsync(messages, options, TestContext.Current.CancellationToken);
    }
}
