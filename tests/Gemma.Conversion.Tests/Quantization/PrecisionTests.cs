using System.Text.Json;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Quantization;

/// <summary>
/// Goldens in each precision: the root mean square of the logits' error against that of the logits. The goldens' weights are random, which is the worst
/// case: errors of layers do not cancel and no logit stands out. A binary16 weight is off by up to 2^-12 of itself, a bfloat16 weight by 2^-9; 8-bit weights
/// and the kernel's 8-bit activations are each off by about 1/440 of a block's largest value, and about a third of the block's values are that large. Each
/// branch of a layer adds such an error, and softmax and norms pass it on enlarged: the tolerances are those of four layers with two branches, and grow with
/// more.
/// </summary>
public sealed class PrecisionTests
{
    private const double Fp16Tolerance = 0.003;
    private const double Bf16Tolerance = 0.02;
    private const double Int8Tolerance = 0.06;

    // Norms behind attention and feed-forward network bring every branch to full size before it is added, its error with it.
    private const double PostNormFactor = 1.25;

    private const double ToleratedBranches = 8;

    // Experts are chosen: in random weights the next best is hardly worse, so that rounding changes choices, and with one a whole branch.
    private const double ExpertsTolerance = 0.5;

    public static TheoryData<string, ModelPrecision, ConversionTarget> Cases
    {
        get
        {
            var data = new TheoryData<string, ModelPrecision, ConversionTarget>();
            foreach (var name in GoldenCheckpointTests.Names.Select(row => row.Data))
            {
                data.Add(name, ModelPrecision.Fp16, ConversionTarget.Cpu);
                data.Add(name, ModelPrecision.Fp16, ConversionTarget.Cuda);
                data.Add(name, ModelPrecision.Bf16, ConversionTarget.Cpu);
                data.Add(name, ModelPrecision.Int8, ConversionTarget.Cpu);
                data.Add(name, ModelPrecision.Int8, ConversionTarget.Cuda);
                data.Add(name, ModelPrecision.W8A8, ConversionTarget.Cpu);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task ConvertAsync_GoldenCheckpoint_StaysInsideThePrecisionsTolerance(string name, ModelPrecision precision, ConversionTarget target)
    {
        var folder = GoldenCheckpointTests.FolderOf(name);
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "goldens.json"), TestContext.Current.CancellationToken));
        await using var package = await ConvertedPackage.CreateAsync(folder, new ConversionOptions { Precision = precision, Target = target });
        using var engine = await package.OpenAsync();
        double error = 0, total = 0;
        foreach (var golden in goldens.RootElement.GetProperty("forward").EnumerateArray())
        {
            int[] ids = [.. golden.GetProperty("input_ids")[0].EnumerateArray().Select(e => e.GetInt32())];
            float[] expected = [.. golden.GetProperty("logits").GetProperty("data").EnumerateArray().Select(e => e.GetSingle())];
            using var sequence = engine.CreateSequence();
            engine.Run([new EngineInput(sequence, ids, golden.GetProperty("logits_positions").GetString() == "all" ? ids.Length : 1)],
                TestContext.Current.CancellationToken);
            for (var i = 0; i < expected.Length; i++)
            {
                error += Math.Pow(expected[i] - sequence.Logits[i], 2);
                total += Math.Pow(expected[i], 2);
            }
        }

        var relative = Math.Sqrt(error / total);
        TestContext.Current.TestOutputHelper!.WriteLine($"{name} {precision} {target}: {relative:P3}");
        var plan = GemmaConfig.Load(Path.Combine(folder, "config.json")).Plan;
        var branches = plan.Layers.Count * (plan.PerLayerInput is null ? 2 : 3);
        var factor = (plan.Layers[0].PostAttentionNorm is null ? 1 : PostNormFactor) * Math.Max(1, branches / ToleratedBranches);
        if (plan.Layers[0].FeedForward.Experts is not null && relative > 0.001) Assert.InRange(relative, 0, ExpertsTolerance);
        else
        {
            Assert.InRange(relative, 0, factor * precision switch
            {
                ModelPrecision.Fp16 => Fp16Tolerance,
                ModelPrecision.Bf16 => Bf16Tolerance,
                _ =>
                Int8Tolerance
            });
        }
    }
}
