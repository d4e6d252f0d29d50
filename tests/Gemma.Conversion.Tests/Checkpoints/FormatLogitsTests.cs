using System.Numerics.Tensors;
using System.Text.Json;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>A checkpoint in any container, converted to fp32, gives the logits and greedy ids of the original code.</summary>
public sealed class FormatLogitsTests(ITestOutputHelper output)
{
    public static TheoryData<string> Models => [.. FormatGoldens.Models];

    [Theory]
    [MemberData(nameof(Models))]
    public async Task ConvertAsync_CheckpointInAnyContainer_GivesLogitsAndGreedyIds(string model)
    {
        var folder = Path.Combine(FormatGoldens.Root, model);
        var results = FormatGoldens.ResultsOf(folder);
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(results, "goldens.json"), TestContext.Current.CancellationToken));
        using var arrays = CheckpointFiles.Of(Path.Combine(results, "goldens.safetensors")).Open(results);
        await using var package = await ConvertedPackage.CreateAsync(folder, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        using var engine = await package.OpenAsync();
        var largest = 0f;
        foreach (var item in goldens.RootElement.GetProperty("cases").EnumerateObject())
        {
            // The engine's positions are consecutive; a mask with holes and positions of one's own are the model class's affair.
            if (item.Name is not ("mask_with_holes" or "custom_positions"))
                largest = Math.Max(largest, CheckCase(engine, arrays, $"{model}: {item.Name}", item));
        }

        output.WriteLine($"{model,-40} largest difference: logits {largest:E1}");
        if (!goldens.RootElement.TryGetProperty("greedy", out var generation)) return;
        foreach (var greedy in generation.EnumerateObject())
        {
            if (greedy.Name is "one" or "batch") CheckGreedy(engine, $"{model}: {greedy.Name}", greedy.Value);
        }
    }

    private static float CheckCase(OnnxRuntimeEngine engine, CheckpointReader arrays, string what, JsonProperty golden)
    {
        var name = golden.Name + (arrays.Tensors.ContainsKey(golden.Name + ".torch_logits") ? ".torch_logits" : ".logits");
        if (arrays.Tensors.GetValueOrDefault(name)?.Shape is not { } shape) return 0;
        var (length, vocabulary) = ((int)shape[1], (int)shape[2]);
        var largest = 0f;
        for (var row = 0; row < shape[0]; row++)
        {
            var (first, ids) = Row(golden.Value, row);
            var expected = new float[ids.Length * vocabulary];
            arrays.Read(name, (((long)row * length) + first) * vocabulary, expected);
            using var sequence = engine.CreateSequence();
            engine.Run([new EngineInput(sequence, ids, ids.Length)], TestContext.Current.CancellationToken);
            largest = Math.Max(largest, GoldenAssert.Close(expected, sequence.Logits, $"{what}, row {row}"));
        }

        return largest;
    }

    private static void CheckGreedy(OnnxRuntimeEngine engine, string what, JsonElement golden)
    {
        var sequences = golden.GetProperty(golden.TryGetProperty("sequences_torch", out _) ? "sequences_torch" : "sequences");
        for (var row = 0; row < sequences.GetArrayLength(); row++)
        {
            var (first, prompt) = Row(golden, row);
            var expected = Ids(sequences[row])[(first + prompt.Length)..];
            using var sequence = engine.CreateSequence();
            List<int> actual = [];
            for (var next = prompt; actual.Count < expected.Length; next = [actual[^1]])
            {
                engine.Run([new EngineInput(sequence, next)], TestContext.Current.CancellationToken);
                actual.Add(TensorPrimitives.IndexOfMax(sequence.Logits));
            }

            Assert.True(actual.SequenceEqual(expected), $"{what}, row {row}: [{string.Join(", ", actual)}] instead of [{string.Join(", ", expected)}]");
        }
    }

    // A row's real tokens: those the mask shows.
    private static (int First, int[] Ids) Row(JsonElement golden, int row)
    {
        var ids = Ids(golden.GetProperty("input_ids")[row]);
        if (golden.GetProperty("attention_mask") is not { ValueKind: JsonValueKind.Array } masks) return (0, ids);
        var mask = Ids(masks[row]);
        return (Array.IndexOf(mask, 1), [.. ids.Where((_, i) => mask[i] == 1)]);
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
