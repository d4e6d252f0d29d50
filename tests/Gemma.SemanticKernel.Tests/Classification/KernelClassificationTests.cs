using Gemma.Runtime.Classification;
using Gemma.SemanticKernel.Classification;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel.Tests.Classification;

/// <summary>Heads as kernel services, plugin and filters, beside the chat model that they share.</summary>
public sealed class KernelClassificationTests(TinyGemmaHeads tiny)
{
    private const string Billing = "My invoice is wrong, I was charged twice and I need a refund.";
    private static readonly ClassificationGuardOptions NoBilling = new()
    {
        Thresholds = new Dictionary<string, float> { ["billing"] = 0.5f },
        BlockedMessage = "Please write to our accountants.",
    };

    [Fact]
    public async Task InvokePromptAsync_PromptFilter_BlocksByLabelAndLetsOthersPass()
    {
        var kernel = await KernelAsync(builder => builder.AddClassificationPromptFilter(NoBilling, "topics"));
        var blocked = await kernel.InvokePromptAsync("{{$text}}", new KernelArguments
        {
            ["text"] = Billing,
        }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("Please write to our accountants.", blocked.ToString());
        Assert.Equal("billing", blocked.Metadata![ClassificationPromptFilter.LabelKey]);
        var passed = await kernel.InvokePromptAsync("<message role=\"user\">Hello!</message>", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("Hello! How can I help you?", passed.ToString());
    }

    [Fact]
    public async Task InvokePromptAsync_TaggingFilter_NotesTheLabelOnly()
    {
        var kernel = await KernelAsync(builder => builder.AddClassificationPromptFilter(NoBilling with { Action = GuardAction.Tag }, "topics"));
        var arguments = new KernelArguments { ["text"] = Billing };
        var result = await kernel.InvokePromptAsync("{{$text}}", arguments, cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotEqual(NoBilling.BlockedMessage, result.ToString());
        Assert.Equal("billing", arguments[ClassificationPromptFilter.LabelKey]);
    }

    [Fact]
    public async Task InvokeAsync_FunctionFilter_BlocksArgumentsAndResults()
    {
        var kernel = await KernelAsync(builder =>
            builder.AddClassificationFunctionFilter(NoBilling with { Subjects = GuardSubject.Arguments | GuardSubject.Result }, "topics"));
        var calls = 0;
        var echo = KernelFunctionFactory.CreateFromMethod((string text) => { calls++; return text; }, "echo");
        var secret = KernelFunctionFactory.CreateFromMethod(() => Billing, "secret");
        Assert.Equal(NoBilling.BlockedMessage,
            (await kernel.InvokeAsync(echo, new() { ["text"] = Billing }, TestContext.Current.CancellationToken)).ToString());
        Assert.Equal(0, calls);
        Assert.Equal(NoBilling.BlockedMessage, (await kernel.InvokeAsync(secret, cancellationToken: TestContext.Current.CancellationToken)).ToString());
    }

    [Theory]
    [InlineData(0f, 0)]
    [InlineData(2f, 1)]
    public async Task InvokePromptAsync_FunctionFilter_ReadsWhatTheModelCallsWith(float threshold, int expected)
    {
        var calls = 0;
        var watched = NoBilling with { Thresholds = new Dictionary<string, float> { ["billing"] = threshold }, Subjects = GuardSubject.Arguments };
        var weather = KernelFunctionFactory.CreateFromMethod((string city) => { calls++; return "sunny"; }, "get_weather", "Gets the weather in a city");
        var plugin = KernelPluginFactory.CreateFromFunctions("Shop", [weather]);
        var kernel = await KernelAsync(builder =>
        {
            builder.AddClassificationFunctionFilter(watched, "topics");
            builder.Plugins.Add(plugin);
        });
        var settings = new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required([plugin["get_weather"]]), MaxTokens = 60 };
        await kernel.InvokePromptAsync("What is the weather in Paris?", new KernelArguments(settings),
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(expected, calls);
    }

    [Fact]
    public async Task InvokeAsync_Plugin_ReturnsTheLabels()
    {
        var kernel = await KernelAsync(builder => builder.AddClassificationPlugin("Topics", "topics", "What a support request is about."));
        var result = await kernel.InvokeAsync<string>("Topics", ClassificationPlugin.FunctionName, new()
        {
            ["text"] = Billing,
        }, TestContext.Current.CancellationToken);
        Assert.Contains("billing", result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetRequiredService_HeadNames_AreKeysOfServices()
    {
        var kernel = await KernelAsync(_ => { });
        var topics = kernel.GetRequiredService<ISequenceClassificationService>("topics");
        Assert.Equal("tiny-gemma-it", topics.Attributes["ModelId"]);
        Assert.Contains("billing", (await topics.ClassifyAsync(Billing, cancellationToken: TestContext.Current.CancellationToken)).SelectedLabels);
        Assert.Single((await kernel.GetRequiredService<ISequenceClassificationService>("reward")
            .ClassifyAsync(Billing, cancellationToken: TestContext.Current.CancellationToken)).Scores);
        await Assert.ThrowsAsync<UnknownHeadException>(() =>
            kernel.GetRequiredService<ISequenceClassificationService>("moods")
                .ClassifyAsync(Billing, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AddGemma_TwoModels_HeadsAreFoundByModelAndName()
    {
        var services = new ServiceCollection();
        var (chat, sentiment) = (await tiny.PackageAsync(), await tiny.SentimentAsync());
        services.AddGemma("chat", options => options.ModelPath = chat);
        services.AddGemma("mood", options => options.ModelPath = sentiment);
        await using var provider = services.BuildServiceProvider();
        var mood = provider.GetRequiredKeyedService<ISequenceClassifier>("mood");
        Assert.Equal("positive",
            (await mood.ClassifyAsync("What can I say, the delivery was perfect. I could not be happier.",
                cancellationToken: TestContext.Current.CancellationToken)).Label);
        Assert.Equal(5,
            (await provider.GetRequiredKeyedService<ISequenceClassifier>("chat/topics")
                .ClassifyAsync(Billing, cancellationToken: TestContext.Current.CancellationToken)).Scores.Count);
        var embeddings = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        Assert.Equal(192, (await embeddings.GenerateVectorAsync("Hello", cancellationToken: TestContext.Current.CancellationToken)).Length);
    }

    [Fact]
    public async Task PackageAsync_Heads_TakeLessThanOnePercentOfTheModel()
    {
        var package = await tiny.PackageAsync();
        var heads = Directory.EnumerateFiles(Path.Combine(package, "heads"), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Assert.InRange(heads, 1, new FileInfo(Path.Combine(package, "model.onnx.data")).Length / 100);
    }

    [Fact]
    public async Task GetResponseAsync_Router_PicksTheClientByLabel()
    {
        var model = await tiny.ModelAsync();
        using var topics = new GemmaSequenceClassifier(model, "topics");
        using var accountant = new NamedClient("accountant");
        using var chat = new Gemma.Runtime.Chat.GemmaChatClient(model);
        using var router = new ClassifierRoutingChatClient(topics, new RoutingTable
        {
            Clients = new Dictionary<string, IChatClient> { ["billing"] = accountant },
            Fallback = chat,
            MinimumScore = 0.5f,
        });
        var billed = await router.GetResponseAsync(Billing, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("accountant", billed.Text);
        Assert.Equal("billing", billed.AdditionalProperties![ClassifierRoutingChatClient.LabelKey]);
        Assert.Equal("Hello! How can I help you?", (await router.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken)).Text);
    }

    private async Task<Kernel> KernelAsync(Action<IKernelBuilder> configure)
    {
        var builder = Kernel.CreateBuilder();
        var package = await tiny.PackageAsync();
        builder.AddGemma(options =>
        {
            options.ModelPath = package;
            options.ModelId = "tiny-gemma-it";
        });
        configure(builder);
        return builder.Build();
    }

    private sealed class NamedClient(string name) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            CancellationToken cancellationToken = default) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, name)));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
