using Gemma.Runtime;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

namespace Gemma.SemanticKernel.Tests.DependencyInjection;

/// <summary>AddGemma in real containers: services, keys, options, configuration, lifetime.</summary>
public sealed class AddGemmaTests(TinyGemma tiny)
{
    [Fact]
    public async Task AddGemma_Package_GivesAllServicesOverOneModel()
    {
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        await using var provider = new ServiceCollection().AddGemma(package).Services.BuildServiceProvider();
        var chat = provider.GetRequiredService<IChatClient>();
        Assert.Equal("Hello! How can I help you?", (await chat.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken)).Text);
        Assert.Equal("Hello! How can I help you?",
            (await provider.GetRequiredService<IChatCompletionService>()
                .GetChatMessageContentAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken)).Content);
        var raw = await provider.GetRequiredService<ITextGenerationService>()
            .GetTextContentAsync("The capital of France", cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotEqual(string.Empty, raw.Text);
        var model = await provider.GetRequiredService<IGemmaModelSource>().GetModelAsync(TestContext.Current.CancellationToken);
        Assert.Same(model, await provider.GetRequiredService<IGemmaModelSource>().GetModelAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AddGemma_Named_HasEmbeddingGeneratorsOfAllTypesWithItsPipeline()
    {
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        var builder = new ServiceCollection().AddGemma("name", options => options.ModelPath = package);
        var calls = 0;
        builder.EmbeddingGenerator.Use(async (values, options, inner, cancellationToken) =>
        {
            calls++;
            return await inner.GenerateAsync(values, options, cancellationToken);
        });
        await using var provider = builder.Services.BuildServiceProvider();
        var generator = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        Assert.Same(generator, provider.GetRequiredService<IEmbeddingGenerator>());
        Assert.Same(generator, provider.GetRequiredKeyedService<IEmbeddingGenerator>("name"));
        Assert.Equal(192, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
        Assert.Null(provider.GetRequiredService<IGemmaModelSource>().Loaded);
        Assert.Equal(192, (await generator.GenerateVectorAsync("Hello", cancellationToken: TestContext.Current.CancellationToken)).Length);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task AddGemma_Checkpoint_IsConvertedOnceIntoTheCache()
    {
        var cache = Directory.CreateTempSubdirectory("gemma-cache-").FullName;
        try
        {
            for (var run = 0; run < 2; run++)
            {
                await using var provider = Build(cache);
                var clients = Enumerable.Range(0, 4)
                    .Select(_ => provider.GetRequiredService<IChatClient>()
                        .GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken));
                Assert.All(await Task.WhenAll(clients), response => Assert.Equal("Hello! How can I help you?", response.Text));
            }

            Assert.Single(Directory.GetDirectories(cache));
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }

        static ServiceProvider Build(string cache) => new ServiceCollection().AddGemma(options =>
        {
            options.ModelPath = TinyGemma.Checkpoint;
            options.Conversion.CacheFolder = cache;
            options.Conversion.Precision = ModelPrecision.Fp32;
        }).Services.BuildServiceProvider();
    }

    [Fact]
    public async Task AddGemma_SeveralNames_AreKeyedAndTheFirstIsTheDefault()
    {
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Gemma:Models:a:ModelPath"] = package,
            ["Gemma:Models:a:ModelId"] = "model-a",
            ["Gemma:Models:b:ModelPath"] = package,
            ["Gemma:Models:b:ModelId"] = "model-b",
            ["Gemma:Models:b:Generation:MaxOutputTokens"] = "2",
        }).Build();
        var services = new ServiceCollection();
        services.AddGemma(configuration.GetSection("Gemma"));
        await using var provider = services.BuildServiceProvider();
        Assert.Same(provider.GetRequiredKeyedService<IChatClient>("a"), provider.GetRequiredService<IChatClient>());
        Assert.Equal("model-b", provider.GetRequiredKeyedService<IChatClient>("b").GetService<ChatClientMetadata>()?.DefaultModelId);
        var response = await provider.GetRequiredKeyedService<IChatClient>("b")
            .GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((ChatFinishReason.Length, 2L), (response.FinishReason, response.Usage?.OutputTokenCount));
    }

    [Fact]
    public void AddGemma_OptionsOutOfRange_NamesEveryOption()
    {
        using var provider = new ServiceCollection().AddGemma("chat", options =>
        {
            options.ModelPath = "/does/not/exist";
            options.Engine.Threads = -1;
            options.Generation.TopP = 2;
            options.Conversion.BlockSize = 33;
        }).Services.BuildServiceProvider();
        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<IChatClient>("chat"));
        foreach (var name in (string[])["chat.ModelPath", "Threads", "TopP", "BlockSize"]) Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddGemma_NullArguments_AreNamed()
    {
        Assert.Equal("services", Assert.Throws<ArgumentNullException>(() => GemmaServiceCollectionExtensions.AddGemma(null!, "x")).ParamName);
        Assert.Equal("modelPath", Assert.Throws<ArgumentNullException>(() => new ServiceCollection().AddGemma((string)null!)).ParamName);
        Assert.Equal("configure", Assert.Throws<ArgumentNullException>(() => new ServiceCollection().AddGemma("x", null!)).ParamName);
        Assert.Equal("builder", Assert.Throws<ArgumentNullException>(() => GemmaKernelBuilderExtensions.AddGemma(null!, "x")).ParamName);
    }

    [Fact]
    public async Task GetModelAsync_FailedLoad_IsReportedToAllAndTriedAgain()
    {
        var folder = Directory.CreateTempSubdirectory("gemma-broken-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "genai_config.json"), "{", TestContext.Current.CancellationToken);
        try
        {
            await using var provider = new ServiceCollection().AddGemma(folder).Services.BuildServiceProvider();
            var client = provider.GetRequiredService<IChatClient>();
            for (var attempt = 0; attempt < 2; attempt++)
            {
                await Assert.ThrowsAsync<Gemma.InvalidModelException>(() =>
                    client.GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Dispose_ProviderWithLoadedModel_IsIdempotentInBothWays()
    {
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        var synchronous = new ServiceCollection().AddGemma("a", options => options.ModelPath = package).Services.BuildServiceProvider();
        var client = synchronous.GetRequiredService<IChatClient>();
        await client.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken);
        synchronous.Dispose();
        synchronous.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken));
    }
}
