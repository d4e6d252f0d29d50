using System.Text.Json;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Packaging;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>Malformed, hostile and incomplete checkpoints are refused with the reason; valid ones beside them are accepted.</summary>
public sealed class BadCheckpointTests(ITestOutputHelper output)
{
    private const long MaxAllocatedBytes = 8 << 20;

    private static string BadFolder => Path.Combine(SharedData.Goldens, "bad");

    public static TheoryData<string> Names =>
        Directory.Exists(BadFolder) ? [.. Directory.GetDirectories(BadFolder).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)] : [];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ConvertAsync_MalformedCheckpoint_IsRefusedAndLeavesNothing(string name)
    {
        var folder = Path.Combine(BadFolder, name);
        var (reject, because) = Expected(folder);
        var target = Directory.CreateTempSubdirectory("gemma-bad-");
        try
        {
            var package = Path.Combine(target.FullName, "package");
            var exception = await Record.ExceptionAsync(() =>
                new CheckpointConverter()
                    .ConvertAsync(folder, package, new ConversionOptions { Precision = ModelPrecision.Fp32 }, null, TestContext.Current.CancellationToken));
            output.WriteLine($"{name} ({because}): {exception?.Message ?? "accepted"}");
            Assert.True(!reject || exception is InvalidModelException, $"{name} ({because}): {exception?.ToString() ?? "accepted"}");
            Assert.True(reject || exception is null, $"{name} ({because}): {exception}");
            if (!reject) return;
            Assert.Empty(target.EnumerateFileSystemInfos());
            Assert.DoesNotContain('\n', exception!.Message);
        }
        finally
        {
            target.Delete(recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Open_MalformedCheckpoint_SizesNoMemoryFromIt(string name)
    {
        var folder = Path.Combine(BadFolder, name);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var exception = Record.Exception(() =>
        {
            using var checkpoint = CheckpointFolder.Open(folder);
            GemmaTensors.Open(checkpoint.LoadConfig(null), checkpoint.Reader, checkpoint.Path);
        });
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(exception is null or InvalidModelException, $"{name}: {exception}");
        Assert.True(allocated < MaxAllocatedBytes, $"{name}: {allocated} bytes were allocated");
    }

    [Fact]
    public async Task ConvertAsync_HeadsSmallerThanTheKernelTakes_RunFilledUp()
    {
        await using var package = await ConvertedPackage.CreateAsync(Path.Combine(BadFolder, "control"), new ConversionOptions
        {
            Precision = ModelPrecision.Fp32,
        });
        using var engine = await package.OpenAsync();
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, new int[] { 2, 5, 9 }, 1)], TestContext.Current.CancellationToken);
        foreach (var logit in sequence.Logits) Assert.True(float.IsFinite(logit), $"logit {logit}");
    }

    private static (bool Reject, string Because) Expected(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        return (document.RootElement.GetProperty("must").GetString() == "reject", document.RootElement.GetProperty("because").GetString()!);
    }
}
