using System.Numerics.Tensors;
using System.Text.Json;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>Checkpoints that transformers computed results from: converted to fp32 they give the same logits and the same greedy ids.</summary>
public sealed class GoldenCheckpointTests
{
    // A clone without the reference data still has two of them.
    internal static string GoldensFolder => SharedData.Root is { } root ? Path.Combine(root, "goldens") : Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens");

    public static TheoryData<string> Names =>
    [
        .. Directory.GetDirectories(GoldensFolder, "gemma1-*")
            .Where(folder => Directory.EnumerateFiles(folder, "*.safetensors").Any())
            .Select(folder => Path.GetFileName(folder)!)
            .Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ConvertAsync_GoldenCheckpointToFp32_GivesTransformersLogitsAndGreedyIds(string name)
    {
        var folder = Path.Combine(GoldensFolder, name);
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "goldens.json"), TestContext.Current.CancellationToken));
        await using var package = await ConvertedPackage.CreateAsync(folder, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        using var engine = await package.OpenAsync();
        foreach (var forward in goldens.RootElement.GetProperty("forward").EnumerateArray()) CheckForward(name, engine, forward);
        CheckHiddenStates(name, engine, goldens.RootElement.GetProperty("hidden_states"));
        if (!goldens.RootElement.TryGetProperty("generation", out var generation)) return;
        foreach (var golden in generation.EnumerateArray().Where(golden => golden.GetProperty("id").GetString() is "greedy-single" or "greedy-long")) CheckGreedy(name, engine, golden);
    }

    private static void CheckForward(string name, OnnxRuntimeEngine engine, JsonElement golden)
    {
        var ids = Ids(golden.GetProperty("input_ids")[0]);
        var expected = Numbers(golden.GetProperty("logits"));
        var rows = golden.GetProperty("logits_positions").GetString() == "all" ? ids.Length : 1;
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, ids, rows)], TestContext.Current.CancellationToken);
        AssertClose(expected, sequence.Logits, $"{name}: logits of {ids.Length} tokens");
    }

    private static void CheckHiddenStates(string name, OnnxRuntimeEngine engine, JsonElement golden)
    {
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, Ids(golden.GetProperty("input_ids")[0]), 0, HiddenStates: true)], TestContext.Current.CancellationToken);
        AssertClose(Numbers(golden.GetProperty("states").EnumerateArray().Last()), sequence.HiddenStates, $"{name}: hidden states");
    }

    private static void CheckGreedy(string name, OnnxRuntimeEngine engine, JsonElement golden)
    {
        var prompt = Ids(golden.GetProperty("input_ids")[0]);
        var expected = Ids(golden.GetProperty("sequences")[0])[prompt.Length..];
        using var sequence = engine.CreateSequence();
        List<int> actual = [];
        for (int[] next = prompt; actual.Count < expected.Length; next = [actual[^1]])
        {
            engine.Run([new EngineInput(sequence, next)], TestContext.Current.CancellationToken);
            actual.Add(TensorPrimitives.IndexOfMax(sequence.Logits));
        }

        Assert.True(actual.SequenceEqual(expected), $"{name}: [{string.Join(", ", actual)}] instead of [{string.Join(", ", expected)}]");
    }

    // The goldens' tolerance, from their README.
    private static void AssertClose(float[] expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.True(MathF.Abs(expected[i] - actual[i]) <= 2e-4f + (1e-5f * MathF.Abs(expected[i])), $"{what}: element {i} is {actual[i]} instead of {expected[i]}");
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    private static float[] Numbers(JsonElement array) => [.. array.GetProperty("data").EnumerateArray().Select(e => e.GetSingle())];
}
