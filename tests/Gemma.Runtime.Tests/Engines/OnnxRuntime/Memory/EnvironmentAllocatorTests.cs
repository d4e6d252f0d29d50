using Gemma.Conversion;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime.Memory;

/// <summary>Sessions take their memory from ours where the system has it.</summary>
public sealed class EnvironmentAllocatorTests
{
    [Fact]
    public async Task Create_LargeWeights_LieInHugePageMemory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "huge pages on request are Linux's");

        // In a process with GenAI, which brings an allocator too, either may be taken.
        Assert.Contains("Total: 1,", await ChildTest.RunAsync(typeof(EnvironmentAllocatorTests), nameof(Create_LargeWeights_InAProcessOfItsOwn)),
            StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public async Task Create_LargeWeights_InAProcessOfItsOwn()
    {
        var folder = Directory.CreateTempSubdirectory("gemma-pages-");
        try
        {
            var shape = TestPackages.LargeWeights;
            var path = Path.Combine(folder.FullName, "package");
            using (var weights = RandomCheckpoint.Create(shape))
                await new CheckpointConverter().ConvertTensorsAsync(weights, shape, path, new ConversionOptions(), null, TestContext.Current.CancellationToken);
            Assert.True(EnvironmentAllocator.TryRegister());
            var memory = EnvironmentAllocator.Memory;
            using (EngineFactory.Create(await ModelPackage.OpenAsync(path, verify: false, TestContext.Current.CancellationToken), new EngineOptions()))
            {
                // Three projections of 4.7 million weights, packed in four bits.
                Assert.InRange(memory.UsedBytes, 3 * 1024 * 4608 / 2, long.MaxValue);
            }

            Assert.Equal((0, 0), (memory.UsedBytes, memory.IdleBytes));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
