using Gemma.Runtime.Models;
using Gemma.Runtime.Tests.Generation.Scheduling;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Models;

/// <summary>The estimate before loading is what the engine then takes.</summary>
public sealed class MemoryEstimateTests
{
    [Fact]
    public async Task For_OfficialPackage_EqualsWhatTheEngineUses()
    {
        var package = await ModelPackage.OpenAsync(SharedData.Require("goldens-genai", "gemma1-tiny-mqa", "int4"),
            cancellationToken: TestContext.Current.CancellationToken);
        var estimate = MemoryEstimate.For(package, 1000, 3);
        using var engine = TinyEngine.Open();
        Assert.Equal(engine.Info.BytesPerToken, estimate.BytesPerToken);
        Assert.Equal(256, estimate.ContextLength);
        Assert.Equal(256 * 3 * engine.Info.BytesPerToken, estimate.KeyValueCacheBytes);
        Assert.Equal(new FileInfo(package.ModelPath).Length + new FileInfo(package.ModelPath + ".data").Length, estimate.WeightBytes);
        Assert.Equal(estimate.WeightBytes + estimate.KeyValueCacheBytes, estimate.TotalBytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => MemoryEstimate.For(package, 0));
    }
}
