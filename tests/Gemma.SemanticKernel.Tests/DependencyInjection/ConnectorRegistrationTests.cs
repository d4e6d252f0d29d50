using System.Collections.Concurrent;
using System.Reflection;
using Gemma.Runtime;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Models;
using Gemma.SemanticKernel.Classification;
using Gemma.SemanticKernel.Hosting;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

namespace Gemma.SemanticKernel.Tests.DependencyInjection;

/// <summary>Each Add method registers what it says, over one model, and never in place of another provider's service.</summary>
public sealed class ConnectorRegistrationTests(TinyGemma tiny)
{
    private static readonly Dictionary<string, (Func<IServiceCollection, string, string?, IServiceCollection> Add, Type[] Services)> Connectors = new()
    {
        ["chat client"] = ((services, path, key) => services.AddGemmaChatClient("tiny", path, key), [typeof(IChatClient)]),
        ["chat completion"] = ((services, path, key) => services.AddGemmaChatCompletion("tiny", path, key), [typeof(IChatCompletionService)]),
        ["text generation"] = ((services, path, key) => services.AddGemmaTextGeneration("tiny", path, key), [typeof(ITextGenerationService)]),
        ["embeddings"] = ((services, path, key) => services.AddGemmaEmbeddingGenerator("tiny", path, key),
            [typeof(IEmbeddingGenerator<string, Embedding<float>>), typeof(IEmbeddingGenerator)]),
        ["classification"] = ((services, path, key) => services.AddGemmaSequenceClassification("tiny", path, key),
            [typeof(ISequenceClassifier), typeof(ITokenClassifier), typeof(ISequenceClassificationService)]),
    };

    private static readonly ConcurrentDictionary<Type, object> Others = new();
    private static readonly Type[] All = [.. Connectors.Values.SelectMany(connector => connector.Services)];

    public static TheoryData<string, string?> Registrations =>
        [.. Connectors.Keys.SelectMany(name => new TheoryDataRow<string, string?>[] { new(name, null), new(name, "key") })];

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task AddOne_Container_HasItsServiceAndNoOther(string name, string? key)
    {
        var (add, expected) = Connectors[name];
        await using var provider = add(new ServiceCollection(), await tiny.PackageAsync(ModelPrecision.Fp32), key).BuildServiceProvider();
        Assert.Equal(expected, All.Where(type => provider.GetService(type) is not null));
        foreach (var type in expected) Assert.Same(provider.GetService(type), ((IKeyedServiceProvider)provider).GetRequiredKeyedService(type, key));
    }

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task AddOne_ServiceOfAnotherProvider_StaysTheDefault(string name, string? key)
    {
        var (add, types) = Connectors[name];
        var services = new ServiceCollection();
        foreach (var type in types) services.AddSingleton(type, _ => Other(type));
        await using var provider = add(services, await tiny.PackageAsync(ModelPrecision.Fp32), key).BuildServiceProvider();
        foreach (var type in types)
        {
            Assert.Same(Other(type), provider.GetRequiredService(type));
            if (key is not null) Assert.NotSame(Other(type), ((IKeyedServiceProvider)provider).GetRequiredKeyedService(type, key));
            else Assert.Equal(2, provider.GetServices(type).Count());
        }

        object Other(Type type) => Others.GetOrAdd(type, static type => DispatchProxy.Create(type, typeof(Nothing)));
    }

    [Fact]
    public async Task AddSeveral_SamePathAndKey_ShareOneModel()
    {
        var path = await tiny.PackageAsync(ModelPrecision.Fp32);
        var services = new ServiceCollection();
        foreach (var (add, _) in Connectors.Values) add(services, path, null);
        Assert.Single(services, descriptor => descriptor.ServiceType == typeof(GemmaModelHolder));
        await using var provider = services.BuildServiceProvider();
        var source = provider.GetRequiredService<IGemmaModelSource>();
        Assert.Same(source, provider.GetRequiredService<IChatClient>().GetService<IGemmaModelSource>());
        Assert.Same(source, provider.GetRequiredService<IEmbeddingGenerator>().GetService(typeof(IGemmaModelSource)));
    }

    [Fact]
    public async Task AddTwo_OtherPathsAndNoKey_AreTwoModels()
    {
        var (first, second) = (await tiny.PackageAsync(ModelPrecision.Fp32), await tiny.PackageAsync(ModelPrecision.Int4));
        await using var provider = new ServiceCollection().AddGemmaChatClient("one", first).AddGemmaEmbeddingGenerator("two", second).BuildServiceProvider();
        Assert.Equal("one", provider.GetRequiredService<IChatClient>().GetService<ChatClientMetadata>()?.DefaultModelId);
        Assert.Equal("two",
            (provider.GetRequiredService<IEmbeddingGenerator>().GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata)?.DefaultModelId);
    }

    [Fact]
    public async Task AddGemmaTextGeneration_Kernel_HasRawPromptFunctions()
    {
        var kernel = Kernel.CreateBuilder().AddGemmaTextGeneration("tiny", await tiny.PackageAsync(ModelPrecision.Fp32)).Build();
        var settings = new GemmaPromptExecutionSettings { MaxTokens = 8 };
        var raw = await kernel.GetRequiredService<ITextGenerationService>()
            .GetTextContentAsync("The capital of France", settings, kernel, TestContext.Current.CancellationToken);
        Assert.Equal(raw.Text,
            (await kernel.InvokePromptAsync("The capital of France", new KernelArguments(settings), cancellationToken: TestContext.Current.CancellationToken))
                .ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task KernelChatClient_KernelFunctionsAsTools_AreInvokedOnce(bool streaming)
    {
        List<string> cities = [];
        var function = KernelFunctionFactory.CreateFromMethod(
            (string city) =>
            {
                cities.Add(city);
                return "sunny, 18 degrees";
            },
            "get_weather",
            "Gets the weather in a city");
        var path = await tiny.PackageAsync(ModelPrecision.Fp32);
        var kernel = Kernel.CreateBuilder().AddGemma(options => options.ModelPath = path).Build();
        var client = kernel.GetRequiredService<IChatClient>();
        var options = new ChatOptions { Tools = [function] };
        var response = streaming
            ? await client.GetStreamingResponseAsync("What is the weather in Paris?", options, TestContext.Current.CancellationToken)
                .ToChatResponseAsync(TestContext.Current.CancellationToken)
            : await client.GetResponseAsync("What is the weather in Paris?", options, TestContext.Current.CancellationToken);
        Assert.Equal(["Paris"], cities);
        Assert.Equal("The weather in Paris is sunny, 18 degrees.", response.Messages[^1].Text);
    }

    public class Nothing : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => null;
    }
}
