using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Quantization;

/// <summary>A package with a second graph for prompts: both graphs fill the same key-value cache.</summary>
public sealed class PrefillGraphTests
{
    private static readonly int[] Prompt = [2, 17, 99, 4, 121, 33, 8, 60, 61, 62, 9, 10, 150, 44, 45, 46, 47, 3, 5, 77];

    [Theory]
    [InlineData("gemma1-mqa")]
    [InlineData("gemma1-odd-shapes")]
    public async Task Run_PromptThroughThePrefillGraph_GivesNearlyTheMainGraphsLogits(string name)
    {
        await using var package = await CreateAsync(name);
        using var main = await OpenAsync(package, prefill: false);
        using var both = await OpenAsync(package, prefill: true);
        var expected = Logits(main, [Prompt, [30], [31]]);
        var actual = Logits(both, [Prompt, [30], [31]]);
        Assert.NotEqual(expected, actual);
        var error = Math.Sqrt(expected.Zip(actual, (a, b) => Math.Pow(a - b, 2)).Sum() / expected.Sum(value => value * value));
        Assert.InRange(error, 0, 0.06);
    }

    [Fact]
    public async Task Run_ChunksAndBatches_GiveTheSameAsOnePrompt()
    {
        await using var package = await CreateAsync("gemma1-mqa");
        using var engine = await OpenAsync(package, prefill: true);
        var whole = Logits(engine, [Prompt, [30]]);
        using var first = engine.CreateSequence();
        using var second = engine.CreateSequence();
        engine.Run([new EngineInput(first, Prompt.AsMemory(0, 10), 0), new EngineInput(second, new[] { 2 }, 1)], TestContext.Current.CancellationToken);
        Assert.Equal(10, first.Length);
        engine.Run([new EngineInput(second, Prompt.AsMemory(1), 1), new EngineInput(first, Prompt.AsMemory(10), 1)], TestContext.Current.CancellationToken);
        engine.Run([new EngineInput(first, new[] { 30 }), new EngineInput(second, new[] { 30 })], TestContext.Current.CancellationToken);
        Assert.Equal(whole, first.Logits.ToArray());
        Assert.Equal(Prompt.Length + 1, second.Length);
    }

    [Fact]
    public async Task Run_Cancelled_KeepsTheLength()
    {
        await using var package = await CreateAsync("gemma1-mqa");
        using var engine = await OpenAsync(package, prefill: true);
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, Prompt)], TestContext.Current.CancellationToken);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => engine.Run([new EngineInput(sequence, Prompt)], source.Token));
        Assert.Equal(Prompt.Length, sequence.Length);
    }

    [Fact]
    public async Task For_PrefillGraph_CountsItsWeightsOnlyWhenAsked()
    {
        await using var converted = await CreateAsync("gemma1-mqa");
        var package = await ModelPackage.OpenAsync(Path.Combine(converted.Folder, "package"), verify: true, TestContext.Current.CancellationToken);
        var prefill = new FileInfo(package.PrefillModelPath!).Length + new FileInfo(package.PrefillModelPath + ".data").Length;
        Assert.Equal(MemoryEstimate.For(package).WeightBytes + prefill, MemoryEstimate.For(package, withPrefillGraph: true).WeightBytes);
    }

    private static Task<ConvertedPackage> CreateAsync(string name) =>
        ConvertedPackage.CreateAsync(GoldenCheckpointTests.FolderOf(name), new ConversionOptions
        {
            Precision = ModelPrecision.Fp32,
            Prefill = ModelPrecision.W8A8,
        });

    private static async Task<OnnxRuntimeEngine> OpenAsync(ConvertedPackage converted, bool prefill)
    {
        var package = await ModelPackage.OpenAsync(Path.Combine(converted.Folder, "package"), verify: true, TestContext.Current.CancellationToken);
        return (OnnxRuntimeEngine)EngineFactory.Create(package, new EngineOptions { Kind = GemmaEngine.OnnxRuntime, Threads = 1, UsePrefillGraph = prefill });
    }

    private static float[] Logits(OnnxRuntimeEngine engine, int[][] runs)
    {
        using var sequence = engine.CreateSequence();
        foreach (var tokens in runs) engine.Run([new EngineInput(sequence, tokens)], TestContext.Current.CancellationToken);
        return sequence.Logits.ToArray();
    }
}
