using System.Globalization;
using System.Text.Json;
using Gemma.Conversion.Graph.Onnx;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Conversion.Tests.Quantization;

/// <summary>
/// Where integers leave the router's choices as they were, a model of experts is as exact as a dense one: what <see cref="PrecisionTests"/> tolerates beyond
/// that are other choices, which in random weights are hardly worse.
/// </summary>
public sealed class ExpertPrecisionTests(ITestOutputHelper output)
{
    // What PrecisionTests tolerates of eight bits in dense models of these depths with norms behind every branch.
    private const double DenseTolerance = 0.06 * 1.25;
    private const double ToleratedBranches = 8;
    private const int ShortTexts = 40;

    public static TheoryData<string, ModelPrecision> Cases
    {
        get
        {
            // With a second embedding besides, which no released model of experts has, no token keeps all of its experts.
            var data = new TheoryData<string, ModelPrecision>();
            foreach (var name in GoldenCheckpointTests.Names.Select(row => row.Data)
                .Where(name => PlanOf(name) is { PerLayerInput: null } plan && plan.Layers[0].FeedForward.Experts is not null))
            {
                data.Add(name, ModelPrecision.Int8);
                data.Add(name, ModelPrecision.W8A8);
            }

            return data;
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public async Task ConvertAsync_SameExpertsChosen_IsAsExactAsADenseModel(string name, ModelPrecision precision)
    {
        var (folder, plan) = (GoldenCheckpointTests.FolderOf(name), PlanOf(name));
        await using var floats = await ConvertedPackage.CreateAsync(folder, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        await using var integers = await ConvertedPackage.CreateAsync(folder, new ConversionOptions { Precision = precision });
        using var exact = new Probe(floats, plan);
        using var rounded = new Probe(integers, plan);
        double error = 0, total = 0;
        var (same, all) = (0, 0);
        foreach (var ids in Texts(folder, plan))
        {
            var (expected, actual) = (exact.Run(ids), rounded.Run(ids));
            all += ids.Length;
            for (var row = 0; row < ids.Length && expected.Choices(row).SequenceEqual(actual.Choices(row)); row++, same++)
            {
                for (var i = row * plan.VocabSize; i < (row + 1) * plan.VocabSize; i++)
                {
                    error += Math.Pow(expected.Logits[i] - actual.Logits[i], 2);
                    total += Math.Pow(expected.Logits[i], 2);
                }
            }
        }

        var relative = Math.Sqrt(error / total);
        output.WriteLine($"{name} {precision}: {relative:P2} where experts stay the same ({same} of {all} tokens with all before them)");
        Assert.True(same >= ShortTexts / 4, $"only {same} of {all} tokens keep their experts");
        Assert.InRange(relative, 1e-4, DenseTolerance * Math.Max(1, 2 * plan.Layers.Count / ToleratedBranches));
    }

    private static DecoderPlan PlanOf(string name) => GemmaConfig.Load(Path.Combine(GoldenCheckpointTests.FolderOf(name), "config.json")).Plan;

    // The goldens' prompts, and short texts: a token's error reaches all that follow.
    private static IEnumerable<int[]> Texts(string folder, DecoderPlan plan)
    {
        using var goldens = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "goldens.json")));
        foreach (var golden in goldens.RootElement.GetProperty("forward").EnumerateArray())
            yield return [.. golden.GetProperty("input_ids")[0].EnumerateArray().Select(id => id.GetInt32())];
        for (var i = 0; i < ShortTexts; i++) yield return [2, (i * 37) % plan.VocabSize, (i * 71) % plan.VocabSize];
    }

    private sealed record Results(float[] Logits, long[][] Experts, int Chosen)
    {
        /// <summary>The experts of a token in all layers, in ascending order within a layer.</summary>
        public IEnumerable<long> Choices(int row) => Experts.SelectMany(layer => layer.Skip(row * Chosen).Take(Chosen).Order());
    }

    // The package's graph, which also shows what its routers choose.
    private sealed class Probe : IDisposable
    {
        private readonly DecoderPlan _plan;
        private readonly InferenceSession _session;
        private readonly string[] _choices;

        public Probe(ConvertedPackage package, DecoderPlan plan)
        {
            _plan = plan;
            _choices = [.. Enumerable.Range(0, plan.Layers.Count)
                .Select(layer => string.Create(CultureInfo.InvariantCulture, $"/model/layers.{layer}/experts/router/TopK/indices"))];
            var folder = Path.Combine(package.Folder, "package");
            var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder, "model.onnx")));
            foreach (var name in _choices)
            {
                model.Graph.Output.Add(new ValueInfoProto
                {
                    Name = name,
                    Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Int64 } },
                });
            }

            var path = Path.Combine(folder, "choices.onnx");
            File.WriteAllBytes(path, model.ToByteArray());
            using var settings = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            settings.AddSessionConfigEntry("session.x64quantprecision", "1");
            _session = new InferenceSession(path, settings);
        }

        public Results Run(int[] ids)
        {
            var inputs = new Dictionary<string, OrtValue>
            {
                ["input_ids"] = OrtValue.CreateTensorValueFromMemory(ids.Select(id => (long)id).ToArray(), [1, ids.Length]),
                ["attention_mask"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1L, ids.Length).ToArray(), [1, ids.Length]),
                ["logits_to_keep"] = OrtValue.CreateTensorValueFromMemory((long[])[ids.Length], [1]),
            };
            foreach (var (i, cache) in _plan.KeyValueLayout.Caches.Index())
            {
                foreach (var part in (string[])["key", "value"])
                {
                    inputs.Add(string.Create(CultureInfo.InvariantCulture, $"past_key_values.{i}.{part}"),
                        OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Float,
                            [1, cache.KeyValueHeads, 0, cache.HeadSize]));
                }
            }

            try
            {
                using var options = new RunOptions();
                using var results = _session.Run(options, inputs, ["logits", .. _choices]);
                long[][] experts = [.. results.Skip(1).Select(value => value.GetTensorDataAsSpan<long>().ToArray())];
                return new Results([.. results[0].GetTensorDataAsSpan<float>()], experts, _plan.Layers[0].FeedForward.Experts!.Chosen);
            }
            finally
            {
                foreach (var value in inputs.Values) value.Dispose();
            }
        }

        public void Dispose() => _session.Dispose();
    }
}
