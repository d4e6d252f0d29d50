using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Engines.OnnxRuntime.Caches;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime;

/// <summary>Keys and values in float16, in graphs that compute in float32: half the memory, and results that depend on nobody's company.</summary>
public sealed class HalfCacheTests(TestPackages packages)
{
    [Theory]
    [InlineData("mqa-fp32")]
    [InlineData("gemma3w-int4")]
    [InlineData("gemma4w-int8")]
    [InlineData("official-fp32")]
    public async Task Open_HalfCaches_TakeHalfTheMemoryAndGiveNearlyTheSame(string name)
    {
        var package = await packages.OpenAsync(name);
        using var full = Open(package, CachePrecision.Package);
        using var half = Open(package, CachePrecision.Fp16);
        Assert.Equal(full.Info.BytesPerToken, 2 * half.Info.BytesPerToken);
        using var expected = full.CreateSequence();
        using var actual = half.CreateSequence();
        foreach (var piece in (int[][])[[2, 3, 4, 5, 6, 7, 8], [9], [10, 11, 12], [13]])
        {
            full.Run([new EngineInput(expected, piece)], TestContext.Current.CancellationToken);
            half.Run([new EngineInput(actual, piece)], TestContext.Current.CancellationToken);
            var (error, total) = (0.0, 0.0);
            for (var i = 0; i < expected.Logits.Length; i++)
            {
                error += Math.Pow(expected.Logits[i] - actual.Logits[i], 2);
                total += Math.Pow(expected.Logits[i], 2);
            }

            // 8-bit activations may round to the next number.
            Assert.InRange(Math.Sqrt(error / total), 1e-7, 0.1);
        }

        Assert.Equal(((OnnxRuntimeEngine)full).CacheBytes, 2 * ((OnnxRuntimeEngine)half).CacheBytes);
        Assert.Equal(MemoryEstimate.For(package).KeyValueCacheBytes, 2 * MemoryEstimate.For(package, cachePrecision: CachePrecision.Fp16).KeyValueCacheBytes);
    }

    [Theory]
    [InlineData("mqa-fp32")]
    [InlineData("gemma4w-fp32")]
    public async Task Run_BatchOfDifferentLengths_EqualsSingleRuns(string name)
    {
        using var engine = Open(await packages.OpenAsync(name), CachePrecision.Fp16);
        int[][] texts = [[2, 3, 4, 5, 6], [7, 8], [9, 10, 11, 12, 13, 14, 15]];
        var alone = texts.Select(text => Logits(engine, text, 40)).ToArray();
        var sequences = texts.Select(_ => engine.CreateSequence()).ToArray();
        engine.Run([.. texts.Select((text, i) => new EngineInput(sequences[i], text, 0))], TestContext.Current.CancellationToken);
        engine.Run([.. sequences.Select(sequence => new EngineInput(sequence, new[] { 40 }))], TestContext.Current.CancellationToken);
        for (var i = 0; i < texts.Length; i++) Assert.Equal(alone[i], sequences[i].Logits.ToArray());
        foreach (var sequence in sequences) sequence.Dispose();
    }

    [Theory]
    [InlineData("gemma3w-fp32")]
    [InlineData("gemma4w-fp32")]
    public async Task Run_PastTheWindow_EqualsCachesThatKeepEverything(string name)
    {
        var package = await packages.OpenAsync(name);
        using var windowed = WindowedShapes.Open(package, precision: CachePrecision.Fp16);
        using var full = WindowedShapes.Open(package, room: null, precision: CachePrecision.Fp16);
        using var few = windowed.CreateSequence();
        using var all = full.CreateSequence();
        for (var start = 0; start < 150; start += 10)
        {
            var piece = WindowedShapes.Prompt(start, 10);
            windowed.Run([new EngineInput(few, piece)], TestContext.Current.CancellationToken);
            full.Run([new EngineInput(all, piece)], TestContext.Current.CancellationToken);
        }

        Assert.True(windowed.CacheBytes < full.CacheBytes);
        EngineRuns.AssertClose(all.Logits.ToArray(), few.Logits.ToArray(), 1e-3f, "past the window");
    }

    [Fact]
    public async Task Open_PromptsWithTheSecondGraph_ShareTheHalfCaches()
    {
        var package = await packages.OpenAsync("gemma3p-int4");
        using var half = WindowedShapes.Open(package, precision: CachePrecision.Fp16);
        using var full = WindowedShapes.Open(package);
        var (expected, actual) = (Logits(full, [2, 3, 4, 5, 6, 7], 8), Logits(half, [2, 3, 4, 5, 6, 7], 8));
        var error = Math.Sqrt(expected.Zip(actual, (a, b) => Math.Pow(a - b, 2)).Sum() / expected.Sum(value => Math.Pow(value, 2)));
        Assert.InRange(error, 1e-7, 0.05);
    }

    [Fact]
    public async Task Create_OtherEngine_IsRefusedByName()
    {
        var package = await packages.OpenAsync("mqa-fp32");
        var error = Assert.Throws<EngineException>(() =>
            EngineFactory.Create(package, new EngineOptions { Kind = GemmaEngine.GenAI, CachePrecision = CachePrecision.Fp16 }));
        Assert.Contains("Engine.CachePrecision", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FileThatIsNoGraph_IsRefused()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "no graph", TestContext.Current.CancellationToken);
            Assert.Contains("not an ONNX graph", Assert.Throws<EngineException>(() => HalfCacheGraph.Read(path, null)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static float[] Logits(IInferenceEngine engine, int[] prompt, int next)
    {
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, prompt, 0)], TestContext.Current.CancellationToken);
        engine.Run([new EngineInput(sequence, new[] { next })], TestContext.Current.CancellationToken);
        return sequence.Logits.ToArray();
    }

    private static IInferenceEngine Open(ModelPackage package, CachePrecision precision) =>
        EngineFactory.Create(package, new EngineOptions { Kind = GemmaEngine.OnnxRuntime, Threads = 1, CachePrecision = precision });
}
