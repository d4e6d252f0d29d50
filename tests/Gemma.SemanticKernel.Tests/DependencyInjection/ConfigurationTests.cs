using Gemma.Conversion.Packaging;
using Gemma.Runtime.Engines;
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
            ["ModelPath"] = AppContext.BaseDirectory,
            ["ModelId"] = "id",
            ["Engine"] = "genai",
            ["Device"] = "Cuda",
            ["DeviceIndex"] = "1",
            ["ProviderOptions:gpu_mem_limit"] = "5",
            ["GenAIFolder"] = "native",
            ["Sampler"] = "device",
            ["Threads"] = "2",
            ["MaxContextTokens"] = "512",
            ["MaxConcurrentRequests"] = "3",
            ["MaxQueueLength"] = "4",
            ["MaxCachedConversations"] = "5",
            ["MaxCacheBytes"] = "9876543210",
            ["PromptLookup"] = "true",
            ["UsePrefillGraph"] = "true",
            ["PrepackWeights"] = "true",
            ["LoadOnStart"] = "true",
            ["VerifyFiles"] = "true",
            ["UnloadAfter"] = "00:10:00",
            ["Generation:Temperature"] = "0.5",
            ["Generation:TopP"] = "0.25",
            ["Generation:TopK"] = "7",
            ["Generation:MaxOutputTokens"] = "8",
            ["Generation:RepetitionPenalty"] = "1.5",
            ["Conversion:Precision"] = "int8",
            ["Conversion:BlockSize"] = "64",
            ["Conversion:HeadBits"] = "8",
            ["Conversion:ZeroPoints"] = "true",
            ["Conversion:Prefill"] = "w8a8",
            ["Conversion:LoraPath"] = AppContext.BaseDirectory,
            ["Conversion:CacheFolder"] = "cache",
            ["Conversion:Heads:0"] = AppContext.BaseDirectory + "=topics",
        };
        var options = Bind(values);

        // A property that nobody lists here is one that nobody knows to be bound.
        Assert.Equal(Names(typeof(GemmaOptions)).Order(), values.Keys.Select(key => key.Split(':')[0]).Distinct().Order());
        Assert.Equal(Names(typeof(GemmaGenerationOptions)).Order(), values.Keys.Where(key => key.StartsWith("Generation:", StringComparison.Ordinal)).Select(key => key.Split(':')[1]).Order());
        Assert.Equal(Names(typeof(GemmaConversionOptions)).Order(), values.Keys.Where(key => key.StartsWith("Conversion:", StringComparison.Ordinal)).Select(key => key.Split(':')[1]).Order());

        Assert.Equal((AppContext.BaseDirectory, "id", GemmaEngine.GenAI, GemmaDevice.Cuda, 1, "5", "native", GemmaSampler.Device), (options.ModelPath, options.ModelId, options.Engine, options.Device, options.DeviceIndex, options.ProviderOptions["gpu_mem_limit"], options.GenAIFolder, options.Sampler));
        Assert.Equal((2, 512, 3, 4, 5, 9876543210), (options.Threads, options.MaxContextTokens, options.MaxConcurrentRequests, options.MaxQueueLength, options.MaxCachedConversations, options.MaxCacheBytes));
        Assert.Equal((true, true, true, true, true, TimeSpan.FromMinutes(10)), (options.PromptLookup, options.UsePrefillGraph, options.PrepackWeights, options.LoadOnStart, options.VerifyFiles, options.UnloadAfter));
        Assert.Equal((0.5f, 0.25f, 7, 8, 1.5f), (options.Generation.Temperature, options.Generation.TopP, options.Generation.TopK, options.Generation.MaxOutputTokens, options.Generation.RepetitionPenalty));
        Assert.Equal((ModelPrecision.Int8, 64, 8, true, ModelPrecision.W8A8, AppContext.BaseDirectory, "cache"), (options.Conversion.Precision, options.Conversion.BlockSize, options.Conversion.HeadBits, options.Conversion.ZeroPoints, options.Conversion.Prefill, options.Conversion.LoraPath, options.Conversion.CacheFolder));
        Assert.Equal([AppContext.BaseDirectory + "=topics"], options.Conversion.Heads);
    }

    [Theory]
    [InlineData("UnloadAfter", "00:00:00")]
    [InlineData("UnloadAfter", "100.00:00:00")]
    [InlineData("Device", "7")]
    [InlineData("Conversion:Prefill", "Int4")]
    [InlineData("Conversion:HeadBits", "5")]
    [InlineData("Conversion:LoraPath", "/does/not/exist")]
    [InlineData("Conversion:Heads:0", "/does/not/exist=topics")]
    [InlineData("Generation:TopP", "0")]
    [InlineData("MaxCacheBytes", "1")]
    public void AddGemma_WrongValue_IsNamed(string option, string value)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(new Dictionary<string, string?> { ["ModelPath"] = AppContext.BaseDirectory, [option] = value }));
        Assert.Contains(option.Split(':') is [_, var name, ..] ? name : option, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddGemma_ValueOfTheWrongType_NamesItsPath() =>
        Assert.Contains("Device", Assert.Throws<InvalidOperationException>(() => Bind(new Dictionary<string, string?> { ["ModelPath"] = AppContext.BaseDirectory, ["Device"] = "toaster" })).Message, StringComparison.Ordinal);

    [Fact]
    public void AddGemma_SectionWithoutModels_SaysWhatToAdd() =>
        Assert.Contains("ModelPath", Assert.Throws<ArgumentException>(() => new ServiceCollection().AddGemma(new ConfigurationBuilder().Build())).Message, StringComparison.Ordinal);

    private static IEnumerable<string> Names(Type type) => type.GetProperties().Select(property => property.Name);

    private static GemmaOptions Bind(Dictionary<string, string?> values)
    {
        var services = new ServiceCollection();
        services.AddGemma(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<GemmaOptions>>().CurrentValue;
    }
}
