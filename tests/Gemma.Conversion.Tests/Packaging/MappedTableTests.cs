using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>The per-layer embeddings stay on disk, and the estimate says so.</summary>
public sealed class MappedTableTests
{
    private const int Tokens = 160, Layers = 10, Width = 8;

    [Theory]
    [InlineData(ModelPrecision.Fp32, Tokens * Layers * Width * sizeof(float))]
    [InlineData(ModelPrecision.Bf16, Tokens * Layers * Width * sizeof(ushort))]

    // 80 columns are five blocks of 16, each with a scale.
    [InlineData(ModelPrecision.Int4, Tokens * 5 * (16 + sizeof(float)))]
    public async Task For_PerLayerEmbeddings_TellsMappedBytesApart(ModelPrecision precision, long mapped)
    {
        await using var converted = await ConvertedPackage.CreateAsync(SharedData.Require("goldens", "gemma4-e2b-text"), new ConversionOptions
        {
            Precision = precision,
        });
        var package = await ModelPackage.OpenAsync(Path.Combine(converted.Folder, "package"), cancellationToken: TestContext.Current.CancellationToken);
        var estimate = MemoryEstimate.For(package);
        var files = new FileInfo(package.ModelPath).Length + new FileInfo(package.ModelPath + ".data").Length;
        Assert.Equal(mapped, estimate.MappedBytes);
        Assert.Equal((files - mapped) * (precision == ModelPrecision.Bf16 ? 2 : 1), estimate.WeightBytes);
        Assert.Equal(5, package.KeyValueLayout.Caches.Count);
    }
}
