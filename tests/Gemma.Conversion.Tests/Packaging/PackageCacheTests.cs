using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>The cache of converted packages: one conversion for all, a key that covers all input, nothing left behind.</summary>
public sealed class PackageCacheTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-cache-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task GetPackageAsync_TwoCachesAtOnce_ConvertOnceAndIgnoreAStaleLockFile()
    {
        var checkpoint = Checkpoint();
        var name = $"checkpoint-1.1-fp32-{await PackageKey.ComputeAsync(checkpoint, Fp32, TestContext.Current.CancellationToken)}";
        Directory.CreateDirectory(Cache);
        await File.WriteAllTextAsync(Path.Combine(Cache, name + ".lock"), string.Empty, TestContext.Current.CancellationToken);
        var packages = await Task.WhenAll(Enumerable.Range(0, 2)
            .Select(_ => new PackageCache(Cache).GetPackageAsync(checkpoint, Fp32, TestContext.Current.CancellationToken)));
        Assert.Equal(Path.Combine(Cache, name), Assert.Single(packages.Distinct()));
        Assert.Equal(packages[0], Assert.Single(Directory.GetDirectories(Cache)));
        await ModelPackage.OpenAsync(packages[0], verify: true, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task GetPackageAsync_LeftoverOfAKilledProcess_IsRemoved()
    {
        var checkpoint = Checkpoint();
        var name = $"checkpoint-1.1-fp32-{await PackageKey.ComputeAsync(checkpoint, Fp32, TestContext.Current.CancellationToken)}";
        var leftover = Directory.CreateDirectory(Path.Combine(Cache, $"{name}.{Guid.NewGuid():N}.tmp"));
        var other = Directory.CreateDirectory(Path.Combine(Cache, $"other-{name}.{Guid.NewGuid():N}.tmp"));
        await new PackageCache(Cache).GetPackageAsync(checkpoint, Fp32, TestContext.Current.CancellationToken);
        Assert.False(Directory.Exists(leftover.FullName));
        Assert.True(Directory.Exists(other.FullName), "another package's conversion may be running");
    }

    [Fact]
    public async Task GetPackageAsync_FailedConversion_LeavesNoFolder()
    {
        var checkpoint = Checkpoint();
        using (var weights = File.OpenWrite(Path.Combine(checkpoint, "model.safetensors"))) weights.SetLength(weights.Length / 2);
        await Assert.ThrowsAnyAsync<InvalidModelException>(() =>
            new PackageCache(Cache).GetPackageAsync(checkpoint, Fp32, TestContext.Current.CancellationToken));
        Assert.Empty(Directory.GetDirectories(Cache));
    }

    [Fact]
    public async Task ConvertAsync_CancelledWhileWriting_LeavesNoFolder()
    {
        using var source = new CancellationTokenSource();
        var progress = new Cancelling(source);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new CheckpointConverter().ConvertAsync(Checkpoint(), Path.Combine(Cache, "package"), Fp32, progress, source.Token));
        Assert.Empty(Directory.GetFileSystemEntries(Cache));
    }

    [Fact]
    public async Task ConvertAsync_FolderTakenMeanwhile_IsLeftAlone()
    {
        var package = Path.Combine(Cache, "package");
        var progress = new Taking(package);
        var error = await Assert.ThrowsAsync<IOException>(() =>
            new CheckpointConverter().ConvertAsync(Checkpoint(), package, Fp32, progress, TestContext.Current.CancellationToken));
        Assert.Contains("exists already", error.Message, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(package, "mine")], Directory.GetFileSystemEntries(package));
        Assert.Equal([package], Directory.GetFileSystemEntries(Cache));
    }

    [Fact]
    public async Task ComputeAsync_AnyInputChanges_ChangesTheKey()
    {
        var checkpoint = Checkpoint();
        var nested = Write(Path.Combine(checkpoint, "shards", "d"), "1");
        var adapter = Write(Path.Combine(_folder, "adapter", "adapter_model.safetensors"), "1");
        var head = Write(Path.Combine(_folder, "head", "score.safetensors"), "1");
        var config = Write(Path.Combine(_folder, "other-config.json"), "1");
        var text = Write(Path.Combine(_folder, "calibration.txt"), "1");
        var options = Fp32 with
        {
            Precision = ModelPrecision.Int4,
            LoraPath = Path.GetDirectoryName(adapter),
            Heads = [new HeadSource(Path.GetDirectoryName(head)!)],
            ConfigPath = config,
            Calibration = text,
        };
        HashSet<string> keys = [await KeyAsync(options)];
        foreach (var file in (string[])[nested, adapter, head, config, text, Path.Combine(checkpoint, "config.json")])
        {
            await File.AppendAllTextAsync(file, " ", TestContext.Current.CancellationToken);
            Assert.True(keys.Add(await KeyAsync(options)), $"the key ignores {file}");
        }

        foreach (var changed in (ConversionOptions[])[options with { LmHeadBits = 8 }, options with { ZeroPoints = true }, options with
        {
            BlockSize = 64,
        }, options with { Prefill = ModelPrecision.W8A8 }, options with { LoraPath = null }, options with { Heads = [] }, options with
        {
            Heads = [options.Heads[0] with { Name = "renamed" }],
        }, options with { Calibration = "self" }])
        {
            Assert.True(keys.Add(await KeyAsync(changed)), $"the key ignores a change to {changed}");
        }

        // What changes the result in no way keeps the key.
        Assert.Contains(await KeyAsync(options with { Overwrite = true, LoraPath = options.LoraPath + Path.DirectorySeparatorChar }), keys);

        Task<string> KeyAsync(ConversionOptions settings) => PackageKey.ComputeAsync(checkpoint, settings, TestContext.Current.CancellationToken);
    }

    private string Cache => Path.Combine(_folder, "cache");

    private static ConversionOptions Fp32 { get; } = new() { Precision = ModelPrecision.Fp32 };

    private string Checkpoint()
    {
        var checkpoint = Directory.CreateDirectory(Path.Combine(_folder, "checkpoint-1.1")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens", "gemma1-mqa")))
            File.Copy(file, Path.Combine(checkpoint, Path.GetFileName(file)));
        return checkpoint;
    }

    private static string Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    private sealed class Taking(string package) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value)
        {
            Directory.CreateDirectory(package);
            File.WriteAllText(Path.Combine(package, "mine"), string.Empty);
        }
    }

    private sealed class Cancelling(CancellationTokenSource source) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value) => source.Cancel();
    }
}
