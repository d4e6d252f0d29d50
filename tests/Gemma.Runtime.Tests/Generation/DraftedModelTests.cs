using System.Text.Json;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Generation;

/// <summary>A model with a draft model answers as it does alone.</summary>
public sealed class DraftedModelTests(TinyGemma tiny, DraftedGemma drafted)
{
    private static readonly AIFunction Weather = AIFunctionFactory.Create((string city) => $"sunny in {city}", "get_weather", "Gets the weather in a city");
    private static readonly JsonElement Words = JsonElement.Parse("""{"type": "array", "items": {"type": "string"}, "maxItems": 4}""");

    [Theory]
    [MemberData(nameof(TinyGemmaGoldens.Conversations), MemberType = typeof(TinyGemmaGoldens))]
    public async Task GenerateAsync_GoldenPrompt_GivesTransformersIds(string id)
    {
        var golden = TinyGemmaGoldens.Conversation(id);
        var ids = await IdsAsync(await drafted.ModelAsync(), TinyGemmaGoldens.Ids(golden, "prompt_ids"), null);
        Assert.Equal(TinyGemmaGoldens.Ids(golden, "expected_ids"), ids);
    }

    [Theory]
    [InlineData(0.7f)]
    [InlineData(1.5f)]
    public async Task GenerateAsync_SampledWithSeed_EqualsTheModelAlone(float temperature)
    {
        var (model, alone) = (await drafted.ModelAsync(), await tiny.ModelAsync());
        for (var seed = 0; seed < 8; seed++)
        {
            var request = new GenerationRequest
            {
                Config = new GenerationConfig
                {
                    DoSample = true,
                    Temperature = temperature,
                    Seed = seed,
                    RepetitionPenalty = 1.1f,
                    MaxNewTokens = 60,
                    EosTokenId = [],
                },
            };
            var prompt = Prompt(model, "Tell me a story about a fox.");
            Assert.Equal(await IdsAsync(alone, prompt, request), await IdsAsync(model, prompt, request));
        }

        Assert.True(model.Scheduler.Statistics.DraftedTokens > 0, "nothing was guessed");
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 2)]
    public async Task Divide_SmallDraft_ComputesOnOneThreadUnlessTold(int threads, int expected)
    {
        var target = await ModelPackage.OpenAsync(await tiny.PackageAsync(ModelPrecision.Fp32), verify: false, TestContext.Current.CancellationToken);
        var draft = await DraftPackage.OpenAsync(await drafted.DraftAsync(), target, null, verify: false, TestContext.Current.CancellationToken);
        var (ours, its) = draft.Divide(new EngineOptions { Threads = threads }, 4, long.MaxValue);
        Assert.Equal((threads, expected), (ours.Threads, its.Threads));
    }

    [Fact]
    public async Task GenerateAsync_ManyAtOnce_EqualTheModelAlone()
    {
        var (model, alone) = (await drafted.ModelAsync(), await tiny.ModelAsync());
        string[] questions = [.. Enumerable.Range(0, 16).Select(i => $"Count to {i + 5}.")];
        var answers = await Task.WhenAll(questions.Select(question => IdsAsync(model, Prompt(model, question), null)));
        for (var i = 0; i < questions.Length; i++) Assert.Equal(await IdsAsync(alone, Prompt(alone, questions[i]), null), answers[i]);
    }

    [Fact]
    public async Task GetResponseAsync_FormatsStopStringsAndTools_EqualTheModelAlone()
    {
        using var client = new GemmaChatClient(await drafted.ModelAsync());
        using var alone = new GemmaChatClient(await tiny.ModelAsync());
        (string Question, ChatOptions Options)[] cases =
        [
            ("Extract the name, age and city as JSON: Tom is 41 years old.", new() { ResponseFormat = ChatResponseFormat.Json }),
            ("Hello!", new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(Words), MaxOutputTokens = 40, Temperature = 1.2f, Seed = 5 }),
            ("What is the weather in Paris?", new() { Tools = [Weather] }),
            ("Hello!", new() { Tools = [Weather], ToolMode = ChatToolMode.RequireAny }),
            ("Tell me a story about an owl.", new() { StopSequences = ["looked for"] }),
            ("Tell me a story about an owl.", new() { MaxOutputTokens = 17 }),
        ];
        foreach (var (question, options) in cases)
        {
            var expected = await alone.GetResponseAsync(question, options, TestContext.Current.CancellationToken);
            var actual = await client.GetResponseAsync(question, options, TestContext.Current.CancellationToken);
            Assert.Equal(
                (expected.Text, expected.FinishReason, expected.Usage?.OutputTokenCount, Calls(expected)),
                (actual.Text, actual.FinishReason, actual.Usage?.OutputTokenCount, Calls(actual)));
        }
    }

    [Fact]
    public async Task GetResponseAsync_SecondTurn_StartsFromTheCacheAndEqualsTheModelAlone()
    {
        List<ChatMessage> messages = [new(ChatRole.User, "Tell me a story about a bear.")];
        using var client = new GemmaChatClient(await drafted.ModelAsync());
        using var alone = new GemmaChatClient(await tiny.ModelAsync());
        messages.AddMessages(await client.GetResponseAsync(messages, cancellationToken: TestContext.Current.CancellationToken));
        messages.Add(new(ChatRole.User, "Tell me a story about a cat."));
        var expected = await alone.GetResponseAsync(messages, cancellationToken: TestContext.Current.CancellationToken);
        var actual = await client.GetResponseAsync(messages, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Text, actual.Text);
        Assert.InRange(actual.Usage!.CachedInputTokenCount!.Value, 60, long.MaxValue);
    }

    [Fact]
    public async Task GenerateAsync_LeftInTheMiddle_FreesItsPlace()
    {
        var model = await drafted.ModelAsync();
        var prompt = Prompt(model, "Tell me a story about a dog.");
        for (var length = 1; length < 30; length += 3)
        {
            var count = 0;
            await foreach (var _ in model.GenerateAsync(prompt, cancellationToken: TestContext.Current.CancellationToken))
            {
                if (++count == length) break;
            }
        }

        Assert.Equal(await IdsAsync(await tiny.ModelAsync(), prompt, null), await IdsAsync(model, prompt, null));
    }

    [Fact]
    public async Task LoadAsync_OtherVocabulary_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = folder.File("checkpoint");
        Directory.CreateDirectory(checkpoint);
        foreach (var name in (string[])["config.json", "generation_config.json", "model.safetensors"])
            File.Copy(Path.Combine(TinyGemma.Checkpoint, name), Path.Combine(checkpoint, name));
        foreach (var name in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            var text = await File.ReadAllTextAsync(Path.Combine(TinyGemma.Checkpoint, name), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(checkpoint, name), text.Replace("<unused7>", "<other7>", StringComparison.Ordinal),
                TestContext.Current.CancellationToken);
        }

        var draft = folder.File("draft");
        await new CheckpointConverter().ConvertAsync(checkpoint, draft, new ConversionOptions { Precision = ModelPrecision.Int4 },
            cancellationToken: TestContext.Current.CancellationToken);
        await RefusedAsync(draft, "'<other7>'");
        await RefusedAsync(SharedData.Require("goldens-genai", "gemma1-tiny-mqa", "int4"), "its token ");
    }

    [Fact]
    public async Task LoadAsync_CacheBudget_IsShared()
    {
        var options = new GemmaModelOptions { DraftModelPath = await drafted.DraftAsync(), Engine = new() { Threads = 1, MaxCacheBytes = 7 << 20 } };
        await using var model = await GemmaModel.LoadAsync(await tiny.PackageAsync(ModelPrecision.Fp32), options,
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.InRange(model.Scheduler.MaxCacheBytes, (7 << 20) - 1, 7 << 20);
        await IdsAsync(model, Prompt(model, "Count to 20."), null);
        Assert.InRange(model.Scheduler.CacheBytes, 1, 7 << 20);
    }

    private async Task RefusedAsync(string draft, string difference)
    {
        var target = await tiny.PackageAsync(ModelPrecision.Fp32);
        var error = await Assert.ThrowsAsync<InvalidModelException>(() => GemmaModel.LoadAsync(target, new GemmaModelOptions { DraftModelPath = draft },
            cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(draft, error.Message, StringComparison.Ordinal);
        Assert.Contains(difference, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static string Calls(ChatResponse response) => string.Join(' ', response.Messages.SelectMany(message => message.Contents)
        .OfType<FunctionCallContent>()
        .Select(call => $"{call.Name}({string.Join(", ", call.Arguments!.Select(argument => $"{argument.Key}: {argument.Value}"))})"));

    private static int[] Prompt(GemmaModel model, string question) => model.Tokenizer!
        .Encode($"<bos><start_of_turn>user\n{question}<end_of_turn>\n<start_of_turn>model\n", addSpecialTokens: false, recognizeControlTokens: true);

    private static async Task<List<int>> IdsAsync(GemmaModel model, int[] prompt, GenerationRequest? request)
    {
        List<int> ids = [];
        await foreach (var update in model.GenerateAsync(prompt, request, TestContext.Current.CancellationToken))
        {
            if (update.TokenId is { } id) ids.Add(id);
        }

        return ids;
    }
}
