using System.Diagnostics;
using Gemma.Conversion.Checkpoints;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>Files that were made to run code, read elsewhere or exhaust memory are refused with the reason, quickly and with little memory.</summary>
public sealed class HostileFileTests(ITestOutputHelper output)
{
    private const long MaxAllocatedBytes = 8 << 20;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    public static TheoryData<string, string> Cases =>
    [
        .. new[] { "pickle", "msgpack" }
            .SelectMany(FormatGoldens.Hostile)
            .Select(item => new TheoryDataRow<string, string>(Path.GetRelativePath(FormatGoldens.Root, item.Path), item.Because)),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Open_HostileFile_IsRefusedWithLittleMemory(string file, string because)
    {
        var path = Path.Combine(FormatGoldens.Root, file);
        if (Directory.Exists(path)) path = Directory.GetFiles(path, "*.index.json").Single();
        var time = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var exception = Assert.Throws<InvalidModelException>(() => OpenAndVerify(path));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine($"{because}: {exception.Message}");
        Assert.True(allocated < MaxAllocatedBytes, $"{file} ({because}): {allocated} bytes were allocated");
        Assert.True(time.Elapsed < MaxTime, $"{file} ({because}) took {time.Elapsed}");
        Assert.StartsWith(Path.GetDirectoryName(path)!, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    private static void OpenAndVerify(string path)
    {
        using var checkpoint = CheckpointFolder.Open(path);
        checkpoint.Reader.Verify(TestContext.Current.CancellationToken);
    }
}
