using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>Where a conversion writes: only a package is replaced, in one step, and nothing is left beside it.</summary>
public sealed class PackageTargetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-target-").FullName;
    private readonly string _checkpoint;

    public PackageTargetTests()
    {
        _checkpoint = Directory.CreateDirectory(Path.Combine(_folder, "models", "checkpoint")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens", "gemma1-mqa")))
            File.Copy(file, Path.Combine(_checkpoint, Path.GetFileName(file)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("models/checkpoint")]
    [InlineData("models/checkpoint/")]
    [InlineData("models/other/../checkpoint")]
    [InlineData("models")]
    [InlineData("models/checkpoint/package")]
    [InlineData("link")]
    [InlineData("link/checkpoint")]
    [InlineData("link/checkpoint/package")]
    public async Task ConvertAsync_TargetIsOrHoldsOrLiesInTheCheckpoint_IsRefusedAndKept(string target)
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder, "link"), Path.Combine(_folder, "models"));
        var package = Path.Combine(_folder, target);

        // Even where it looks like a package.
        if (Directory.Exists(package)) Write(Path.Combine(package, PackageManifest.FileName), "{}");
        var before = Content();
        var error = await Assert.ThrowsAsync<IOException>(() => ConvertAsync(package, Force));
        Assert.Contains("read for the package", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Content());
    }

    [Theory]
    [InlineData("head")]
    [InlineData("adapter")]
    [InlineData("config")]
    [InlineData("calibration")]
    public async Task ConvertAsync_TargetHoldsAnotherInput_IsRefusedAndKept(string role)
    {
        var package = Path.Combine(_folder, "package");
        await ConvertAsync(package, Fp32);
        var input = Write(Path.Combine(package, role, "file"), "1");
        var options = role switch
        {
            "head" => Force with { Heads = [new HeadSource(Path.GetDirectoryName(input)!)] },
            "adapter" => Force with { LoraPath = Path.GetDirectoryName(input) },
            "config" => Force with { ConfigPath = input },
            _ => Force with { Precision = ModelPrecision.Int4, Calibration = input },
        };
        var before = Content();
        await Assert.ThrowsAsync<IOException>(() => ConvertAsync(package, options));
        Assert.Equal(before, Content());
    }

    [Fact]
    public async Task ConvertAsync_OneWeightFile_GoesBesideItButNeverOverIt()
    {
        var file = Path.Combine(_checkpoint, "model.safetensors");
        await Assert.ThrowsAsync<IOException>(() =>
            new CheckpointConverter().ConvertAsync(file, _checkpoint, Force, null, TestContext.Current.CancellationToken));
        await new CheckpointConverter().ConvertAsync(file, Path.Combine(_checkpoint, "package"), Force, null, TestContext.Current.CancellationToken);
        await OpenAsync(Path.Combine(_checkpoint, "package"));
    }

    [Fact]
    public async Task ConvertAsync_FolderThatIsNoPackage_IsRefusedAndKept()
    {
        var target = Path.Combine(_folder, "thesis");
        Write(Path.Combine(target, "chapter1.md"), "years of work");
        var before = Content();
        var error = await Assert.ThrowsAsync<IOException>(() => ConvertAsync(target, Force));
        Assert.Contains(PackageManifest.FileName, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Content());
    }

    [Fact]
    public async Task ConvertAsync_File_IsRefusedAndKept()
    {
        var target = Write(Path.Combine(_folder, "file"), "1");
        await Assert.ThrowsAsync<IOException>(() => ConvertAsync(target, Force));
        Assert.Equal("1", await File.ReadAllTextAsync(target, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ConvertAsync_Package_IsReplacedWhole()
    {
        var package = Path.Combine(_folder, "package");
        await ConvertAsync(package, Fp32);
        Write(Path.Combine(package, "prepacked", "old"), "1");
        await ConvertAsync(package, Force with { Precision = ModelPrecision.Int4 });
        Assert.Equal("int4", (await OpenAsync(package)).Manifest?.Precision);
        Assert.False(Directory.Exists(Path.Combine(package, "prepacked")));
        AssertNothingBeside(package);
    }

    [Fact]
    public async Task ConvertAsync_LinkToAPackage_ReplacesWhatItLeadsTo()
    {
        var package = Path.Combine(_folder, "disk", "package");
        await ConvertAsync(package, Fp32);
        var link = Path.Combine(_folder, "current");
        Directory.CreateSymbolicLink(link, package);
        await ConvertAsync(link, Force with { Precision = ModelPrecision.Int4 });
        Assert.Equal(package, new DirectoryInfo(link).LinkTarget);
        Assert.Equal("int4", (await OpenAsync(package)).Manifest?.Precision);
    }

    [Fact]
    public async Task ConvertAsync_Fails_KeepsTheOldPackage()
    {
        var package = Path.Combine(_folder, "package");
        await ConvertAsync(package, Fp32);
        using (var weights = File.OpenWrite(Path.Combine(_checkpoint, "model.safetensors"))) weights.SetLength(weights.Length / 2);
        await Assert.ThrowsAnyAsync<InvalidModelException>(() => ConvertAsync(package, Force));
        await OpenAsync(package);
        AssertNothingBeside(package);
    }

    [Fact]
    public async Task ConvertAsync_LeftoversOfKilledConversions_AreRemovedAndLiveOnesAreNot()
    {
        var package = Path.Combine(_folder, "package");
        var killed = $"{package}.{Guid.NewGuid():N}";
        Write(Path.Combine(killed + ".tmp", "model.onnx"), "half");
        Write(killed + ".lock", string.Empty);
        Write(Path.Combine($"{package}.{Guid.NewGuid():N}.tmp", "model.onnx"), "half");
        var mine = Write(Path.Combine($"{package}.v2.tmp", "file"), "1");
        using (var live = await StagedPackage.CreateAsync(package, TestContext.Current.CancellationToken))
        {
            await ConvertAsync(package, Fp32);
            Assert.True(Directory.Exists(live.Folder), "another conversion's folder was removed");
        }

        Assert.True(File.Exists(mine));
        Directory.Delete(Path.GetDirectoryName(mine)!, recursive: true);
        await OpenAsync(package);
        AssertNothingBeside(package);
    }

    [Fact]
    public async Task Prepare_KilledBetweenTheTwoMoves_PutsTheOldPackageBack()
    {
        var package = Path.Combine(_folder, "package");
        await ConvertAsync(package, Fp32);
        var killed = $"{package}.{Guid.NewGuid():N}";
        Directory.Move(package, killed + ".old");
        Write(Path.Combine(killed + ".tmp", "model.onnx"), "1");
        new PackageTarget(package, [_checkpoint], Force).Prepare(NullLogger.Instance);
        await OpenAsync(package);
        AssertNothingBeside(package);
    }

    [Theory]
    [InlineData("a", 255)]
    [InlineData("ж", 127)]
    [InlineData("🙂", 63)]
    public async Task ConvertAsync_LongestName_Works(string text, int count)
    {
        var package = Path.Combine(_folder, string.Concat(Enumerable.Repeat(text, count)));
        await ConvertAsync(package, Fp32);
        await ConvertAsync(package, Force);
        await OpenAsync(package);
        AssertNothingBeside(package);
    }

    [Fact]
    public async Task GetPackageAsync_LongestNameOfACheckpoint_Works()
    {
        var checkpoint = Path.Combine(_folder, new string('a', 255));
        Directory.Move(_checkpoint, checkpoint);
        await OpenAsync(await new PackageCache(Path.Combine(_folder, "cache")).GetPackageAsync(checkpoint, Fp32, TestContext.Current.CancellationToken));
    }

    private static ConversionOptions Fp32 { get; } = new() { Precision = ModelPrecision.Fp32 };

    private static ConversionOptions Force { get; } = Fp32 with { Overwrite = true };

    private static Task<ModelPackage> OpenAsync(string package) => ModelPackage.OpenAsync(package, verify: true, TestContext.Current.CancellationToken);

    private Task ConvertAsync(string package, ConversionOptions options) =>
        new CheckpointConverter().ConvertAsync(_checkpoint, package, options, null, TestContext.Current.CancellationToken);

    private string[] Content() =>
        [.. Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => $"{path} {(File.Exists(path) ? new FileInfo(path).Length : 0)}")];

    private void AssertNothingBeside(string package) =>
        Assert.Equal([package], Directory.GetFileSystemEntries(_folder).Where(path => Path.GetFileName(path) != "models"));

    private static string Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }
}
