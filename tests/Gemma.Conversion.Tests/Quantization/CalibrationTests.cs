using Gemma.Conversion.Calibration;
using Gemma.Conversion.Quantization;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Engines;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Quantization;

/// <summary>Calibration from checkpoint to package.</summary>
public sealed class CalibrationTests
{
    [Theory]
    [InlineData("gemma1-mqa", false)]
    [InlineData("gemma1-odd-shapes", true)]
    public async Task ConvertAsync_CalibratedOnOwnText_GivesAPackageThatRunsAndNoOtherFiles(string name, bool zeroPoints)
    {
        var report = new QuantizationReport();
        await using var package = await ConvertedPackage.CreateAsync(GoldenCheckpointTests.FolderOf(name), new ConversionOptions
        {
            Calibration = "self",
            BlockSize = 64,
            ZeroPoints = zeroPoints,
            Report = report,
        });
        using var engine = await package.OpenAsync();
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, new[] { 2, 17, 99 })], TestContext.Current.CancellationToken);
        Assert.All(sequence.Logits.ToArray(), logit => Assert.True(float.IsFinite(logit)));
        Assert.All(report.Tensors, tensor => Assert.InRange(tensor.RelativeSquaredError, 1e-4, 0.05));
        Assert.Equal("package", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(package.Folder))));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Path.Combine(package.Folder, "package")),
            path => path.Contains("calibration", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ConvertAsync_CalibratedWithATextFile_ChangesTheWeights()
    {
        var checkpoint = SharedData.Require("tiny-gemma", "tiny-gemma-it");
        var (plain, calibrated) = (new QuantizationReport(), new QuantizationReport());
        await using var first = await ConvertedPackage.CreateAsync(checkpoint, new ConversionOptions { Report = plain });
        await using var second = await ConvertedPackage.CreateAsync(checkpoint, new ConversionOptions
        {
            Report = calibrated,
            Calibration = SharedData.Require("tiny-gemma", "heldout.txt"),
        });

        // Corrected columns stray further from their weights; what they are multiplied with makes up for it.
        Assert.Contains(plain.Tensors, tensor => tensor.Name.StartsWith("lm_head", StringComparison.Ordinal));
        foreach (var (before, after) in plain.Tensors.Zip(calibrated.Tensors))
            Assert.True(after.RelativeSquaredError > before.RelativeSquaredError, before.Name);
    }

    [Fact]
    public void EnsureFits_TooLittleMemory_ThrowsWithBothSizes()
    {
        var cost = CalibrationCost.Estimate(TestShape.Create(256_000, 2048, 16_384, 18, (8, 1), 256, 8192), 10_000_000_000,
            [new CalibratedInput("hidden", 2048), new CalibratedInput("activated", 16_384)], 320, 10_240);
        Assert.Equal((10_377_487_360, 10_377_487_360), (cost.MemoryBytes, cost.DiskBytes));
        cost.EnsureFits("2b", cost.MemoryBytes);
        var exception = Assert.Throws<GemmaException>(() => cost.EnsureFits("2b", 8_000_000_000));
        Assert.Contains("10.4 GB of memory, and this machine has 8.0 GB", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConvertAsync_MissingTextFile_Throws() => await Assert.ThrowsAsync<InvalidModelException>(() =>
        ConvertedPackage.CreateAsync(GoldenCheckpointTests.FolderOf("gemma1-mqa"), new ConversionOptions { Calibration = "/nowhere/text.txt" }));
}
