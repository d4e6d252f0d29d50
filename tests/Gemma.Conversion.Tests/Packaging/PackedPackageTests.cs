using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>Packing weights after a conversion: never at the price of the package.</summary>
public sealed class PackedPackageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-packed-").FullName;

    private static string Checkpoint => GoldenCheckpointTests.FolderOf("gemma1-mqa");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task SaveAsync_Fails_KeepsThePackageAndSaysSo()
    {
        var package = Path.Combine(_folder, "package");
        await new CheckpointConverter().ConvertAsync(Checkpoint, package, new ConversionOptions(), null, Token);
        await File.WriteAllTextAsync(Path.Combine(package, "prepacked"), "a file where the folder should be", Token);
        var error = await Assert.ThrowsAsync<GemmaException>(() => PackedPackage.SaveAsync(package, NullLogger.Instance, Token));
        Assert.Contains("is complete", error.Message, StringComparison.Ordinal);
        Assert.NotNull((await ModelPackage.OpenAsync(package, verify: true, Token)).Manifest);
    }

    [Fact]
    public async Task GetPackageAsync_PrepackAskedForLater_PacksTheCachedPackage()
    {
        var cache = new PackageCache(Path.Combine(_folder, "cache"));
        var options = new ConversionOptions { Precision = ModelPrecision.Fp32 };
        var plain = await cache.GetPackageAsync(Checkpoint, options, Token);
        Assert.False(Directory.Exists(Path.Combine(plain, "prepacked")));
        Assert.Equal(plain, await cache.GetPackageAsync(Checkpoint, options with { Prepack = true }, Token));
        Assert.Single(Directory.GetDirectories(Path.Combine(plain, "prepacked")));
    }
}
