using System.Diagnostics;
using Gemma.Conversion;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime.Prepacking;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime.Prepacking;

/// <summary>Weights packed for this processor lie in the package, are used where they fit, and never change a result.</summary>
public sealed class PrepackedWeightsTests : IDisposable
{
    private static readonly int[] Prompt = [2, 17, 99, 4, 121, 33, 8, 60, 61, 62, 9, 10, 150, 44, 45, 46, 47, 3, 5, 77];
    private static readonly GemmaModelOptions Prepack = new() { Engine = new() { PrepackWeights = true, Threads = 1 } };

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-prepacked-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Package => Path.Combine(_folder, "package");

    private string Root => Path.Combine(Package, "prepacked");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(ModelPrecision.Fp32)]
    [InlineData(ModelPrecision.Fp16)]
    [InlineData(ModelPrecision.Int8)]
    [InlineData(ModelPrecision.Int4)]
    [InlineData(ModelPrecision.W8A8)]
    public async Task Convert_Prepack_GivesTheSameLogitsAndHiddenStates(ModelPrecision precision)
    {
        await ConvertAsync(new ConversionOptions { Precision = precision, Prepack = true });
        await AssertUsedAsync();
        var packed = await RunAsync(prefill: false);
        Directory.Delete(Root, recursive: true);
        Assert.Equal(await RunAsync(prefill: false), packed);
    }

    [Fact]
    public async Task Convert_PrepackWithPrefillGraph_PacksBoth()
    {
        await ConvertAsync(new ConversionOptions { Prefill = ModelPrecision.W8A8, Prepack = true });
        await AssertUsedAsync();
        Assert.True(File.Exists(Path.Combine(Single(), "prefill", "model.onnx")));
        var packed = await RunAsync(prefill: true);
        Directory.Delete(Root, recursive: true);
        Assert.Equal(await RunAsync(prefill: true), packed);
    }

    [Fact]
    public async Task Convert_PrepackOfSmallWeights_GivesTheSameLogits()
    {
        await new CheckpointConverter()
            .ConvertAsync(Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens", "gemma1-mqa"), Package, new ConversionOptions
            {
                Prepack = true,
                Prefill = ModelPrecision.W8A8,
            }, null, Token);
        var packed = await RunAsync(prefill: true);
        Directory.Delete(Root, recursive: true);
        Assert.Equal(await RunAsync(prefill: true), packed);
    }

    [Fact]
    public async Task Ensure_OtherWeights_RefusesThem()
    {
        await ConvertAsync(new ConversionOptions { Prepack = true });
        var package = await ModelPackage.OpenAsync(Package, verify: false, Token);
        PackedComparison.Ensure(package, Single(), 1, Token);
        await ChangeAsync(Path.Combine(Package, "model.onnx.data"));
        Assert.Throws<EngineException>(() => PackedComparison.Ensure(package, Single(), 1, Token));
    }

    [Fact]
    public async Task Create_PackedWeights_MapsThem()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the list of mappings is Linux's");
        await ConvertAsync(new ConversionOptions { Prepack = true });
        using var engine = await OpenAsync(prefill: false);
        var weights = Path.Combine(Single(), "model.onnx.data");
        Assert.Contains(await File.ReadAllLinesAsync("/proc/self/maps", Token), line => line.EndsWith(weights, StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_Prepack_WritesOnceForAllLoads()
    {
        await ConvertAsync(new ConversionOptions());
        await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ => (await GemmaModel.LoadAsync(Package, Prepack, cancellationToken: Token)).Dispose()));
        var written = File.GetLastWriteTimeUtc(Path.Combine(Single(), "prepacked.json"));
        await using var model = await GemmaModel.LoadAsync(Package, Prepack with
        {
            Engine = Prepack.Engine with { VerifyFiles = true },
        }, cancellationToken: Token);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(Single(), "prepacked.json")));
    }

    [Fact]
    public async Task LoadAsync_LeftoverOfAKilledProcess_IsReplaced()
    {
        await ConvertAsync(new ConversionOptions());
        var folder = PrepackedFolder.Of(await ModelPackage.OpenAsync(Package, verify: false, Token))!;
        var leftover = Directory.CreateDirectory(folder.FullPath + ".tmp").FullName;
        await File.WriteAllTextAsync(Path.Combine(leftover, "prepacked.json"), "{", Token);
        (await GemmaModel.LoadAsync(Package, Prepack, cancellationToken: Token)).Dispose();
        Assert.Equal(folder.FullPath, Single());
    }

    [Fact]
    public async Task LoadAsync_CopyThatBrokeOff_IsReplaced()
    {
        await ConvertAsync(new ConversionOptions { Prepack = true });
        File.Delete(Path.Combine(Single(), "prepacked.json"));
        (await GemmaModel.LoadAsync(Package, Prepack, cancellationToken: Token)).Dispose();
        await AssertUsedAsync();
    }

    [Fact]
    public async Task Convert_PrepackOfWeightsOfAMebibyte_GivesTheSameLogits()
    {
        var shape = TestShape.Create(300, 512, 2048, 1, (4, 1), 128, 128);
        using (var weights = RandomCheckpoint.Create(shape))
        {
            await new CheckpointConverter()
                .ConvertTensorsAsync(weights, shape, Package, new ConversionOptions { Precision = ModelPrecision.Fp32, Prepack = true }, null, Token);
        }
        await AssertUsedAsync();
        var packed = await RunAsync(prefill: false);
        Directory.Delete(Root, recursive: true);
        Assert.Equal(await RunAsync(prefill: false), packed);
    }

    [Fact]
    public async Task LoadAsync_PackedForOtherWeightsOrProcessors_LeavesThemAlone()
    {
        await ConvertAsync(new ConversionOptions { Prepack = true });
        var (mine, other) = (Single(), Path.Combine(Root, "onnxruntime-1.30.0-arm64-00000000"));
        Directory.Move(mine, other);
        await using (await GemmaModel.LoadAsync(Package, new GemmaModelOptions { Engine = new() { Threads = 1 } }, cancellationToken: Token))
            Assert.Equal([other], Directory.GetDirectories(Root));
        await using (await GemmaModel.LoadAsync(Package, Prepack, cancellationToken: Token))
            Assert.Equal([mine, other], Directory.GetDirectories(Root).Order(StringComparer.Ordinal).Reverse());
    }

    [Fact]
    public async Task LoadAsync_CutOff_NamesTheFileAndTheRemedy()
    {
        await ConvertAsync(new ConversionOptions { Prepack = true });
        var weights = Path.Combine(Single(), "model.onnx.data");
        using (var stream = File.OpenWrite(weights)) stream.SetLength(stream.Length - 1);
        var error = await Assert.ThrowsAsync<InvalidModelException>(() => GemmaModel.LoadAsync(Package, cancellationToken: Token));
        Assert.Contains(weights, error.Message, StringComparison.Ordinal);
        Assert.Contains("delete its folder", error.Message, StringComparison.Ordinal);
        Directory.Delete(Root, recursive: true);
        (await GemmaModel.LoadAsync(Package, cancellationToken: Token)).Dispose();
    }

    [Fact]
    public async Task LoadAsync_ChangedBytes_AreFoundByVerifyFiles()
    {
        await ConvertAsync(new ConversionOptions { Prepack = true });
        await ChangeAsync(Path.Combine(Single(), "model.onnx.data"));
        await Assert.ThrowsAsync<InvalidModelException>(() =>
            GemmaModel.LoadAsync(Package, new GemmaModelOptions { Engine = new() { VerifyFiles = true } }, cancellationToken: Token));
    }

    [Fact]
    public async Task LoadAsync_NothingCanBeWritten_SaysSo()
    {
        await ConvertAsync(new ConversionOptions());
        await File.WriteAllTextAsync(Root, "a file where the folder should be", Token);
        var error = await Assert.ThrowsAsync<EngineException>(() => GemmaModel.LoadAsync(Package, Prepack, cancellationToken: Token));
        Assert.Contains("PrepackWeights", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task LoadAsync_PackageOfAnotherBuilder_SaysThatItCannotBePacked()
    {
        await ConvertAsync(new ConversionOptions());
        File.Delete(Path.Combine(Package, PackageManifest.FileName));
        var error = await Assert.ThrowsAsync<InvalidModelException>(() => GemmaModel.LoadAsync(Package, Prepack, cancellationToken: Token));
        Assert.Contains("gemma convert", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaveAsync_WhileAnotherProcessHoldsTheLock_WaitsAndCanBeCancelled()
    {
        await ConvertAsync(new ConversionOptions());
        var package = await ModelPackage.OpenAsync(Package, verify: false, Token);
        var folder = PrepackedFolder.Of(package)!;
        Directory.CreateDirectory(Root);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using (new FileStream(folder.FullPath + ".lock", FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            var started = Stopwatch.StartNew();
            source.CancelAfter(TimeSpan.FromMilliseconds(400));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                PrepackedWriter.SaveAsync(package, 1, NullLogger.Instance, TimeProvider.System, source.Token));
            Assert.True(started.ElapsedMilliseconds >= 300, "the lock was not waited for");
        }

        Assert.Empty(Directory.GetDirectories(Root));
    }

    [Fact]
    public async Task Convert_PrepackForAGpu_IsRefused()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() =>
            ConvertAsync(new ConversionOptions { Precision = ModelPrecision.Fp16, Target = ConversionTarget.Cuda, Prepack = true }));
        Assert.Equal("Prepack", error.ParamName);
        Assert.False(Directory.Exists(Package));
    }

    private async Task ConvertAsync(ConversionOptions options)
    {
        using var weights = RandomCheckpoint.Create(TestPackages.LargeWeights);
        await new CheckpointConverter().ConvertTensorsAsync(weights, TestPackages.LargeWeights, Package, options, null, Token);
    }

    private async Task AssertUsedAsync() => Assert.Equal(Single(), PrepackedFolder.Find(await ModelPackage.OpenAsync(Package, verify: false, Token))?.FullPath);

    private static async Task ChangeAsync(string file)
    {
        await using var stream = File.Open(file, FileMode.Open);
        stream.Position = stream.Length / 2;
        var bytes = new byte[1 << 16];
        await stream.ReadExactlyAsync(bytes, Token);
        for (var i = 0; i < bytes.Length; i++) bytes[i] ^= 0x77;
        stream.Position -= bytes.Length;
        await stream.WriteAsync(bytes, Token);
    }

    private string Single() => Assert.Single(Directory.GetDirectories(Root));

    private async Task<IInferenceEngine> OpenAsync(bool prefill) =>
        EngineFactory.Create(await ModelPackage.OpenAsync(Package, verify: true, Token), new EngineOptions { Threads = 1, UsePrefillGraph = prefill });

    private async Task<float[]> RunAsync(bool prefill)
    {
        using var engine = await OpenAsync(prefill);
        using var sequence = engine.CreateSequence();
        List<float> values = [];
        engine.Run([new EngineInput(sequence, Prompt, 3)], Token);
        values.AddRange(sequence.Logits);
        engine.Run([new EngineInput(sequence, new[] { 30 })], Token);
        values.AddRange(sequence.Logits);
        engine.Run([new EngineInput(sequence, new[] { 31 }, 0, HiddenStates: true)], Token);
        values.AddRange(sequence.HiddenStates);
        return [.. values];
    }
}
