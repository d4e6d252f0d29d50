using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>float16 holds numbers up to 65504, which activations of later Gemma models exceed.</summary>
public sealed class FloatRangeTests
{
    [Theory]
    [InlineData("embedding-gemma3", ModelPrecision.Fp16, ConversionTarget.Cuda, true)]
    [InlineData("embedding-gemma3", ModelPrecision.Int8, ConversionTarget.Cuda, true)]
    [InlineData("embedding-gemma3", ModelPrecision.Fp16, ConversionTarget.Cpu, false)]
    [InlineData("gemma1-mqa", ModelPrecision.Fp16, ConversionTarget.Cuda, false)]
    public async Task ConvertAsync_ModelBeyondTheRange_WarnsWhereItIsComputedInHalves(string name, ModelPrecision precision, ConversionTarget target,
        bool warns)
    {
        var log = new ListLogger();
        var folder = Directory.CreateTempSubdirectory("gemma-range-").FullName;
        try
        {
            await new Gemma.Conversion.Packaging.CheckpointConverter(log)
                .ConvertAsync(Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens", name), Path.Combine(folder, "package"),
                    new ConversionOptions { Precision = precision, Target = target }, null, TestContext.Current.CancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Assert.Equal(warns, log.Messages.Any(message => message.Contains("65504", StringComparison.Ordinal)));
    }
}
