using System.Diagnostics.Metrics;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Runtime.Tests;

/// <summary>A load that fails late leaves nothing behind.</summary>
public sealed class GemmaModelLoadTests(TinyGemma tiny)
{
    [Fact]
    public async Task LoadAsync_MeterFactoryThrows_LeavesNoThread()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads are counted in /proc");
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        const int Loads = 16;
        var before = InferenceThreads();
        for (var i = 0; i < Loads; i++)
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
                GemmaModel.LoadAsync(package, new GemmaModelOptions
                {
                    Engine = new() { Threads = 1 },
                    MeterFactory = new NoMeters(),
                }, cancellationToken: TestContext.Current.CancellationToken));
            Assert.Equal("no meters", error.Message);
        }

        // Other tests open and close a few models of their own meanwhile.
        Assert.InRange(InferenceThreads() - before, -Loads, Loads / 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LoadAsync_Progress_NamesTheStagesInOrder(bool drafts)
    {
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        var stages = new Stages();
        await using var model = await GemmaModel.LoadAsync(package, new GemmaModelOptions
        {
            Engine = new() { Threads = 1 },
            DraftModelPath = drafts ? package : null,
            LoadProgress = stages,
        }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(Enum.GetValues<GemmaLoadStage>().Where(stage => drafts || stage != GemmaLoadStage.DraftGraph), stages.Reported);
    }

    private static int InferenceThreads() => Directory.GetDirectories("/proc/self/task").Count(static task =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("gemma inference", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it ended while they were counted
        }
    });

    private sealed class Stages : IProgress<GemmaLoadStage>
    {
        public List<GemmaLoadStage> Reported { get; } = [];

        public void Report(GemmaLoadStage value) => Reported.Add(value);
    }

    private sealed class NoMeters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => throw new InvalidOperationException("no meters");

        public void Dispose()
        {
        }
    }
}
