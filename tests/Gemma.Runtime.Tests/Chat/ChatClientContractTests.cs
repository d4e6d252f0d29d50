using Gemma.Runtime.Chat;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.ML.Tokenizers;

namespace Gemma.Runtime.Tests.Chat;

/// <summary>The rules of IChatClient itself: arguments, services, statelessness, cancellation, disposal, concurrency.</summary>
public class ChatClientContractTests(TinyGemma tiny)
{
    private const string Story = "Tell me a story.";

    [Fact]
    public async Task GetResponseAsync_NullMessages_ThrowsAtOnce()
    {
        using var client = await ClientAsync();
        Assert.Equal("messages",
            (await Assert.ThrowsAsync<ArgumentNullException>(() =>
                client.GetResponseAsync((IEnumerable<ChatMessage>)null!, cancellationToken: TestContext.Current.CancellationToken))).ParamName);
        Assert.Equal("messages",
            Assert.Throws<ArgumentNullException>(() =>
                client.GetStreamingResponseAsync((IEnumerable<ChatMessage>)null!, cancellationToken: TestContext.Current.CancellationToken)).ParamName);
    }

    [Fact]
    public async Task GetService_EveryKind_AnswersOrReturnsNull()
    {
        var model = await tiny.ModelAsync();
        using var client = new GemmaChatClient(model);
        Assert.Same(client, client.GetService(typeof(IChatClient)));
        Assert.Same(client, client.GetService(typeof(GemmaChatClient)));
        Assert.Same(model, client.GetService(typeof(GemmaModel)));
        Assert.Same(model.Tokenizer, client.GetService(typeof(Tokenizer)));
        Assert.Null(client.GetService(typeof(IChatClient), "key"));
        Assert.Null(client.GetService(typeof(string)));
        Assert.Throws<ArgumentNullException>(() => client.GetService(null!));
        var metadata = Assert.IsType<ChatClientMetadata>(client.GetService(typeof(ChatClientMetadata)));
        Assert.Equal(("gemma", "tiny-gemma-it", null), (metadata.ProviderName, metadata.DefaultModelId, metadata.ProviderUri));
    }

    [Fact]
    public async Task GetResponseAsync_Messages_AreEnumeratedOnceAndOptionsStayAsTheyAre()
    {
        using var client = await ClientAsync();
        var enumerations = 0;
        var options = new ChatOptions { Instructions = "Be brief.", StopSequences = ["x"], Temperature = 0 };
        var before = System.Text.Json.JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions);
        await client.GetResponseAsync(Messages(), options, TestContext.Current.CancellationToken);
        Assert.Equal(1, enumerations);
        Assert.Equal(before, System.Text.Json.JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions));

        IEnumerable<ChatMessage> Messages()
        {
            enumerations++;
            yield return new ChatMessage(ChatRole.User, "Hello!");
        }
    }

    [Fact]
    public async Task GetStreamingResponseAsync_CancelledBefore_ThrowsWithTheCallersToken()
    {
        using var client = await ClientAsync();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync(Story, cancellationToken: source.Token));
        Assert.Equal(source.Token, error.CancellationToken);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_CancelledInBetween_ThrowsWithTheCallersTokenAndFreesThePlace()
    {
        var model = await tiny.ModelAsync();
        using var client = new GemmaChatClient(model);
        using var source = new CancellationTokenSource();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync(Story, new ChatOptions { Temperature = 5, Seed = 1, MaxOutputTokens = 900 }, source.Token))
                await source.CancelAsync();
        });
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Equal("Hello! How can I help you?", (await client.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken)).Text);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_LeftEarly_StopsTheGeneration()
    {
        var model = await tiny.ModelAsync();
        using var client = new GemmaChatClient(model);
        await foreach (var _ in client.GetStreamingResponseAsync(Story, new ChatOptions
        {
            Temperature = 5,
            Seed = 1,
            MaxOutputTokens = 900,
        }, TestContext.Current.CancellationToken)) break;
        for (var i = 0; i < 3000 && model.ActiveRequests > 0; i++) await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.Equal(0, model.ActiveRequests);
    }

    [Fact]
    public async Task GetResponseAsync_PromptOverTheContext_ThrowsTypedErrorBeforeComputing()
    {
        using var client = await ClientAsync();
        var text = string.Concat(Enumerable.Repeat("word ", 2000));
        var error = await Assert.ThrowsAsync<GemmaContextLengthException>(() =>
            client.GetResponseAsync(text, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(1024, error.ContextLength);
        Assert.True(error.PromptTokens > 1024);
        await Assert.ThrowsAsync<GemmaContextLengthException>(() =>
            client.GetResponseAsync("Hello!", new ChatOptions { MaxOutputTokens = 1024 }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Dispose_TwiceAndWithOtherClients_LeavesTheModelAlone()
    {
        var client = await ClientAsync();
        client.Dispose();
        client.Dispose();
        using var other = await ClientAsync();
        Assert.NotEmpty((await other.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_FiftyCallersWithCancellations_EveryFinishedAnswerEqualsItsSoloRun()
    {
        var model = await tiny.ModelAsync();
        using var client = new GemmaChatClient(model);
        var conversations = TinyGemmaGoldens.Root.GetProperty("conversations").EnumerateArray().Take(50).ToArray();
        var finished = 0;
        await Task.WhenAll(conversations.Select(async (golden, i) =>
        {
            var random = new Random(i);
            var left = i % 4 == 0 ? random.Next(0, 6) : int.MaxValue;
            var text = string.Empty;
            using var source = new CancellationTokenSource();
            try
            {
                await foreach (var update in client.GetStreamingResponseAsync(TinyGemmaGoldens.Messages(golden), cancellationToken: source.Token))
                {
                    text += update.Text;
                    if (left-- != 0) continue;
                    if (i % 8 == 0) break;
                    await source.CancelAsync();
                }
            }
            catch (OperationCanceledException) when (source.IsCancellationRequested)
            {
                return;
            }

            if (left < 0) return;
            Assert.Equal(golden.GetProperty("expected_text").GetString(), text);
            Interlocked.Increment(ref finished);
        }));
        Assert.True(finished >= 37, $"{finished} of 50 finished");

        // Tests beside this one use the model too.
        var busy = (Active: 1, Waiting: 1);
        for (var i = 0; i < 3000 && busy != (0, 0); i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
            busy = (model.ActiveRequests, model.QueueLength);
        }

        Assert.Equal((0, 0), busy);
    }

    private async Task<GemmaChatClient> ClientAsync() => new(await tiny.ModelAsync());
}
