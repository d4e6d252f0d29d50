using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Engines;

/// <summary>A package that the device cannot compute is refused before it is loaded.</summary>
public sealed class EngineFactoryTests
{
    [Theory]
    [InlineData(GemmaEngine.OnnxRuntime)]
    [InlineData(GemmaEngine.GenAI)]
    public async Task Create_BFloat16GraphOnTheCpu_IsRefusedWithTheRemedy(GemmaEngine engine)
    {
        var folder = Directory.CreateTempSubdirectory("gemma-bf16-");
        try
        {
            var path = Path.Combine(folder.FullName, "package");
            await new CheckpointConverter()
                .ConvertAsync(Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens", "gemma1-mqa"), path, new ConversionOptions
                {
                    Precision = ModelPrecision.Bf16,
                    Target = ConversionTarget.Cuda,
                }, null, TestContext.Current.CancellationToken);
            var package = await ModelPackage.OpenAsync(path, verify: false, TestContext.Current.CancellationToken);
            var exception = Assert.Throws<EngineException>(() => EngineFactory.Create(package, new EngineOptions { Kind = engine, Device = GemmaDevice.Cpu }));
            Assert.Contains("--activations fp16", exception.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', exception.Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
