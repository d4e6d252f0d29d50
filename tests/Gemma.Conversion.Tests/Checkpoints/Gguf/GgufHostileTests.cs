using System.Diagnostics;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>Files that were made to crash, hang, exhaust memory or mislead are refused in one line, and leave nothing behind.</summary>
public sealed class GgufHostileTests(ITestOutputHelper output) : IDisposable
{
    private const long MaxAllocatedBytes = 8 << 20;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(10);

    private readonly string _folder = Directory.CreateTempSubdirectory("gguf-hostile-").FullName;

    public static TheoryData<string> Cases => [.. GgufGoldens.Cases("hostile")];

    public static TheoryData<string> Adapters => [.. GgufGoldens.Cases(Path.Combine("lora", "hostile"))];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task ConvertAsync_HostileFile_IsRefusedAndLeavesNothing(string folder)
    {
        var path = GgufGoldens.FileOf(folder);
        var because = GgufGoldens.Read(folder, "expected.json").GetProperty("because").GetString();
        var time = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var opening = Record.Exception(() => Open(path));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var exception = await Assert.ThrowsAsync<InvalidModelException>(() =>
            new CheckpointConverter()
                .ConvertAsync(path, Path.Combine(_folder, "package"), new ConversionOptions
                {
                    Precision = ModelPrecision.Int8,
                }, null, TestContext.Current.CancellationToken));
        output.WriteLine($"{because}: {exception.Message}");
        Assert.True(opening is null or InvalidModelException, $"{folder} ({because}): {opening}");
        Assert.True(allocated < MaxAllocatedBytes, $"{folder} ({because}): {allocated} bytes were allocated");
        Assert.True(time.Elapsed < MaxTime, $"{folder} ({because}) took {time.Elapsed}");
        Assert.StartsWith(Path.GetDirectoryName(path)!, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Open_HostileAdapter_IsRefused(string folder)
    {
        using var checkpoint = CheckpointFolder.Open(Gemma.Tests.SharedData.Require("tiny-gemma", "tiny-gemma-it"));
        var path = Path.Combine(GgufGoldens.Root, folder, "adapter.gguf");
        var exception = Assert.Throws<InvalidModelException>(() => LoraReader.Open(path, checkpoint.Reader, checkpoint.LoadConfig(null).ModelType));
        output.WriteLine(exception.Message);
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    private static void Open(string path)
    {
        using var checkpoint = CheckpointFolder.Open(path);
        checkpoint.LoadConfig(null);
        checkpoint.Files.LoadTokenizer();
    }
}
