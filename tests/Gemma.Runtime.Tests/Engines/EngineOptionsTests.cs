using System.Reflection;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Engines;

/// <summary>Options of an engine: checked and copied when a model is loaded.</summary>
public sealed class EngineOptionsTests
{
    [Fact]
    public void CheckedCopy_EverySetting_IsKept()
    {
        EngineOptions options = new()
        {
            Kind = GemmaEngine.GenAI,
            Device = GemmaDevice.Cuda,
            DeviceIndex = 3,
            ProviderOptions = { ["gpu_mem_limit"] = "5" },
            GenAIFolder = "native",
            Sampling = SamplingPlace.Device,
            Threads = 7,
            AllowSpinning = true,
            ContextLength = 512,
            MaxCacheBytes = 1 << 20,
            CachePrecision = CachePrecision.Fp16,
            UsePrefillGraph = true,
            PrepackWeights = true,
            VerifyFiles = true,
        };
        var (copy, defaults) = (options.CheckedCopy(), new EngineOptions());
        foreach (var property in typeof(EngineOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            // An option that is not set above is one that nobody knows to be kept.
            if (property.Name != nameof(EngineOptions.ProviderOptions)) Assert.NotEqual(property.GetValue(defaults), property.GetValue(options));
            Assert.Equal(property.GetValue(options), property.GetValue(copy));
        }

        options.ProviderOptions.Clear();
        Assert.Equal("5", copy.ProviderOptions["gpu_mem_limit"]);
    }

    [Fact]
    public void CheckedCopy_ValuesOutOfRange_AreAllNamed()
    {
        EngineOptions options = new()
        {
            Kind = (GemmaEngine)9,
            Device = (GemmaDevice)9,
            DeviceIndex = -1,
            Sampling = (SamplingPlace)9,
            Threads = -1,
            ContextLength = 0,
            MaxCacheBytes = 0,
            CachePrecision = (CachePrecision)9,
        };
        var message = Assert.Throws<ArgumentException>(options.CheckedCopy).Message;
        foreach (var name in (string[])["Kind", "Device", "DeviceIndex", "Sampling", "Threads", "ContextLength", "MaxCacheBytes", "CachePrecision"])
            Assert.Contains($"Engine.{name}", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_ThreadsOutOfRange_IsRefusedBeforeThePackageIsOpened() =>
        Assert.Contains("Engine.Threads",
            (await Assert.ThrowsAsync<ArgumentException>(() =>
                GemmaModel.LoadAsync("no such folder", new GemmaModelOptions
                {
                    Engine = new() { Threads = 5000 },
                }, cancellationToken: TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
}
