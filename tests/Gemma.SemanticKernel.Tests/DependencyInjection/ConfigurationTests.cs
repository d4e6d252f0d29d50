using Gemma.Conversion.Hub;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gemma.SemanticKernel.Tests.DependencyInjection;

/// <summary>Options from configuration: every option is bound, every wrong one is named.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public void AddGemma_Configuration_BindsEveryOption()
    {
        Dictionary<string, string?> values = new()
        {
            ["ModelPath"] = "google/gemma-2b-it",
            ["ModelRevision"] = "v1",
            ["ModelId"] = "id",
            ["Engine:Kind"] = "genai",
            ["Engine:Device"] = "Cuda",
            ["Engine:DeviceIndex"] = "1",
            ["Engine:ProviderOptions:gpu_mem_limit"] = "5",
            ["Engine:GenAIFolder"] = "native",
            ["Engine:Sampling"] = "device",
            ["Engine:Threads"] = "2",
            ["Engine:AllowSpinning"] = "false",
            ["Engine:ContextLength"] = "512",
            ["MaxConcurrentRequests"] = "3",
            ["MaxQueueLength"] = "4",
            ["MaxQueueWait"] = "00:00:07",
            ["MaxCachedConversations"] = "5",
            ["Engine:MaxCacheBytes"] = "9876543210",
            ["PromptLookup"] = "true",
            ["DraftModelPath"] = AppContext.BaseDirectory,
            ["ToolFormat"] = "hermes",
            ["Engine:CachePrecision"] = "fp16",
            ["Engine:UsePrefillGraph"] = "true",
            ["Engine:PrepackWeights"] = "true",
            ["LoadOnStart"] = "true",
            ["Engine:VerifyFiles"] = "true",
            ["UnloadAfter"] = "00:10:00",
            ["ChatTemplate"] = "gemma3",
            ["UnreadableContent"] = "Describe",
            ["Generation:Temperature"] = "0.5",
            ["Generation:TopP"] = "0.25",
            ["Generation:TopK"] = "7",
            ["Generation:MaxOutputTokens"] = "8",
            ["Generation:RepetitionPenalty"] = "1.5",
            ["Conversion:Precision"] = "int8",
            ["Conversion:BlockSize"] = "64",
            ["Conversion:LmHeadBits"] = "8",
            ["Conversion:ZeroPoints"] = "true",
            ["Conversion:Prefill"] = "w8a8",
            ["Conversion:LoraPath"] = AppContext.BaseDirectory,
            ["Conversion:CacheFolder"] = "cache",
            ["Conversion:Heads:0"] = AppContext.BaseDirectory + "=topics",
            ["Hub:AllowDownload"] = "true",
            ["Hub:Endpoint"] = "https://mirror.example",
            ["Hub:Token"] = "hf_token",
            ["Hub:CacheFolder"] = "hub",
            ["Hub:Offline"] = "true",
            ["Hub:MaxParallelFiles"] = "2",
        };
        var options = Bind(values);

        // A property that nobody lists here is one that nobody knows to be bound.
        Assert.Equal(Names(typeof(GemmaOptions)).Order(), values.Keys.Select(key => key.Split(':')[0]).Distinct().Order());
        Assert.Equal(Names(typeof(EngineOptions)).Order(),
            values.Keys.Where(key => key.StartsWith("Engine:", StringComparison.Ordinal)).Select(key => key.Split(':')[1]).Order());
        Assert.Equal(Names(typeof(GemmaGenerationOptions)).Order(),
            values.Keys.Where(key => key.StartsWith("Generation:", StringComparison.Ordinal)).Select(key => key.Split(':')[1]).Order());
        Assert.Equal(Names(typeof(GemmaConversionOptions)).Order(),
            values.Keys.Where(key => key.StartsWith("Conversion:", StringComparison.Ordinal)).Select(key => key.Split(':')[1]).Order());
        Assert.Equal(Names(typeof(HubOptions)).Order(),
            values.Keys.Where(key => key.StartsWith("Hub:", StringComparison.Ordinal)).Select(key => key.Split(':')[1]).Order());

        Assert.Equal((ToolFormat.Hermes, AppContext.BaseDirectory, TimeSpan.FromSeconds(7)),
            (options.ToolFormat, options.DraftModelPath, options.MaxQueueWait));
        Assert.Equal((true, "https://mirror.example", "hf_token", "hub", true, 2),
            (options.Hub.AllowDownload, options.Hub.Endpoint, options.Hub.Token, options.Hub.CacheFolder, options.Hub.Offline, options.Hub.MaxParallelFiles));
        Assert.Equal(("google/gemma-2b-it", "v1"), (options.ModelPath, options.ModelRevision));
        Assert.Equal(("id", GemmaEngine.GenAI, GemmaDevice.Cuda, 1, "5", "native", SamplingPlace.Device),
            (options.ModelId, options.Engine.Kind, options.Engine.Device, options.Engine.DeviceIndex, options.Engine.ProviderOptions["gpu_mem_limit"],
                options.Engine.GenAIFolder, options.Engine.Sampling));
        Assert.Equal((2, 512, 3, 4, 5, 9876543210),
            (options.Engine.Threads, options.Engine.ContextLength, options.MaxConcurrentRequests, options.MaxQueueLength, options.MaxCachedConversations,
                options.Engine.MaxCacheBytes));
        Assert.Equal((true, true, true, true, true, TimeSpan.FromMinutes(10)),
            (options.PromptLookup, options.Engine.UsePrefillGraph, options.Engine.PrepackWeights, options.LoadOnStart, options.Engine.VerifyFiles,
                options.UnloadAfter));
        Assert.Equal((0.5f, 0.25f, 7, 8, 1.5f),
            (options.Generation.Temperature, options.Generation.TopP, options.Generation.TopK, options.Generation.MaxOutputTokens,
                options.Generation.RepetitionPenalty));
        Assert.Equal((ModelPrecision.Int8, 64, 8, true, ModelPrecision.W8A8, AppContext.BaseDirectory, "cache"),
            (options.Conversion.Precision, options.Conversion.BlockSize, options.Conversion.LmHeadBits, options.Conversion.ZeroPoints,
                options.Conversion.Prefill, options.Conversion.LoraPath, options.Conversion.CacheFolder));
        Assert.Equal([AppContext.BaseDirectory + "=topics"], options.Conversion.Heads);
        Assert.Equal((false, CachePrecision.Fp16), (options.Engine.AllowSpinning, options.Engine.CachePrecision));
        Assert.Equal(("gemma3", UnreadableContentHandling.Describe), (options.ChatTemplate, options.UnreadableContent));
    }

    [Theory]
    [InlineData("UnloadAfter", "00:00:00")]
    [InlineData("UnloadAfter", "100.00:00:00")]
    [InlineData("DraftModelPath", "no/such/folder")]
    [InlineData("Engine:Device", "7")]
    [InlineData("Engine:DeviceIndex", "-1")]
    [InlineData("Engine:Kind", "7")]
    [InlineData("Engine:Sampling", "7")]
    [InlineData("Engine:ContextLength", "0")]
    [InlineData("Conversion:Prefill", "Int4")]
    [InlineData("Hub:MaxParallelFiles", "0")]
    [InlineData("Conversion:LmHeadBits", "5")]
    [InlineData("Conversion:LoraPath", "/does/not/exist")]
    [InlineData("Conversion:Heads:0", "/does/not/exist=topics")]
    [InlineData("Generation:TopP", "0")]
    [InlineData("Engine:MaxCacheBytes", "1")]
    public void AddGemma_WrongValue_IsNamed(string option, string value)
    {
        var error = Assert.Throws<OptionsValidationException>(() =>
            Bind(new Dictionary<string, string?> { ["ModelPath"] = AppContext.BaseDirectory, [option] = value }));
        Assert.Contains(option.Split(':') is [_, var name, ..] ? name : option, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddGemma_ValueOfTheWrongType_NamesItsPath() =>
        Assert.Contains("Device",
            Assert.Throws<InvalidOperationException>(() =>
                Bind(new Dictionary<string, string?> { ["ModelPath"] = AppContext.BaseDirectory, ["Engine:Device"] = "toaster" })).Message,
                StringComparison.Ordinal);

    [Fact]
    public void AddGemma_SectionWithoutModels_SaysWhatToAdd() =>
        Assert.Contains("ModelPath", Assert.Throws<ArgumentException>(() => new ServiceCollection().AddGemma(new ConfigurationBuilder().Build())).Message,
            StringComparison.Ordinal);

    private static IEnumerable<string> Names(Type type) => type.GetProperties().Select(property => property.Name);

    private static GemmaOptions Bind(Dictionary<string, string?> values)
    {
        var services = new ServiceCollection();
        services.AddGemma(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<GemmaOptions>>().CurrentValue;
    }
}
