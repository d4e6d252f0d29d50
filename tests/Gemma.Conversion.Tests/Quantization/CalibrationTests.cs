using Gemma.Conversion.Packaging;
using Gemma.Conversion.Quantization;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;
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
        await using var package = await ConvertedPackage.CreateAsync(Path.Combine(GoldenCheckpointTests.GoldensFolder, name), new ConversionOptions { Calibration = "self", BlockSize = 64, ZeroPoints = zeroPoints, Report = report });
        using var engine = await package.OpenAsync();
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, new[] { 2, 17, 99 })], TestContext.Current.CancellationToken);
        Assert.All(sequence.Logits.ToArray(), logit => Assert.True(float.IsFinite(logit)));
        Assert.All(report.Tensors, tensor => Assert.InRange(tensor.RelativeSquaredError, 1e-4, 0.05));
        Assert.Equal("package", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(package.Folder))));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Path.Combine(package.Folder, "package")), path => path.Contains("calibration", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ConvertAsync_CalibratedWithATextFile_ChangesTheWeights()
    {
        var checkpoint = SharedData.Require("tiny-gemma", "tiny-gemma-it");
        var (plain, calibrated) = (new QuantizationReport(), new QuantizationReport());
        await using var first = await ConvertedPackage.CreateAsync(checkpoint, new ConversionOptions { Report = plain });
        await using var second = await ConvertedPackage.CreateAsync(checkpoint, new ConversionOptions { Report = calibrated, Calibration = SharedData.Require("tiny-gemma", "heldout.txt") });

        // Corrected columns stray further from their weights; what they are multiplied with makes up for it.
        foreach (var (before, after) in plain.Tensors.Zip(calibrated.Tensors))
        {
            if (before.Name.StartsWith("model.layers", StringComparison.Ordinal)) Assert.True(after.RelativeSquaredError > before.RelativeSquaredError, before.Name);
        }
    }

    [Fact]
    public async Task ConvertAsync_MissingTextFile_Throws() => await Assert.ThrowsAsync<InvalidModelException>(() =>
        ConvertedPackage.CreateAsync(Path.Combine(GoldenCheckpointTests.GoldensFolder, "gemma1-mqa"), new ConversionOptions { Calibration = "/nowhere/text.txt" }));
}
