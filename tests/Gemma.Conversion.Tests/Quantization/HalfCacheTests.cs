using System.Text.Json;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Quantization;

/// <summary>
/// Goldens with keys and values in float16: the root mean square of the logits' error against that of the logits. Queries, keys, values and what attention
/// gives are each rounded to 2^-12 of themselves, as weights are in float16 packages, whose tolerance this is.
/// </summary>
public sealed class HalfCacheTests
{
    private const double Tolerance = 0.003;

    // Experts are chosen, and a choice that changes changes a whole branch.
    private const double ExpertsTolerance = 0.1;

    public static TheoryData<string> Names => GoldenCheckpointTests.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Run_GoldenCheckpointWithHalfCaches_StaysInsideTheTolerance(string name)
    {
        var folder = GoldenCheckpointTests.FolderOf(name);
        var plan = GemmaConfig.Load(Path.Combine(folder, "config.json")).Plan;
        await using var package = await ConvertedPackage.CreateAsync(folder, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        using var engine = await OpenAsync(package);
        Assert.Equal(plan.KeyValueLayout.ElementsPerToken * 2, engine.Info.BytesPerToken);
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "goldens.json"), TestContext.Current.CancellationToken));
        double error = 0, total = 0;
        foreach (var golden in goldens.RootElement.GetProperty("forward").EnumerateArray())
        {
            int[] ids = [.. golden.GetProperty("input_ids")[0].EnumerateArray().Select(id => id.GetInt32())];
            float[] expected = [.. golden.GetProperty("logits").GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];
            var last = expected.AsSpan()[^plan.VocabSize..];
            using var sequence = engine.CreateSequence();

            // In two pieces where there are two, so that the second reads what the first has left in the caches.
            if (ids.Length > 1) engine.Run([new EngineInput(sequence, ids.AsMemory(0, ids.Length - 1), 0)], TestContext.Current.CancellationToken);
            engine.Run([new EngineInput(sequence, ids.AsMemory(ids.Length - 1))], TestContext.Current.CancellationToken);
            for (var i = 0; i < last.Length; i++)
            {
                error += Math.Pow(last[i] - sequence.Logits[i], 2);
                total += Math.Pow(last[i], 2);
            }
        }

        var relative = Math.Sqrt(error / total);
        TestContext.Current.TestOutputHelper!.WriteLine($"{name}: {relative:P3}");
        Assert.InRange(relative, 1e-7, plan.Layers[0].FeedForward.Experts is null ? Tolerance : ExpertsTolerance);
    }

    private static async Task<OnnxRuntimeEngine> OpenAsync(ConvertedPackage package)
    {
        var opened = await ModelPackage.OpenAsync(Path.Combine(package.Folder, "package"), verify: false, TestContext.Current.CancellationToken);
        return new OnnxRuntimeEngine(new OnnxRuntimeEngineOptions
        {
            ModelPath = opened.ModelPath,
            KeyValueLayout = opened.KeyValueLayout,
            ContextLength = opened.MaxPositions,
            Engine = new EngineOptions { Threads = 1, CachePrecision = CachePrecision.Fp16 },
        });
    }
}
