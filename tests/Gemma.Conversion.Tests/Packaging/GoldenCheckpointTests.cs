using System.Numerics.Tensors;
using System.Text.Json;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>Checkpoints that transformers computed results from: converted to fp32 they give the same logits and the same greedy ids.</summary>
public sealed class GoldenCheckpointTests(ITestOutputHelper output)
{
    // A clone without the reference data still has two of them.
    internal static string GoldensFolder => SharedData.Root is { } root ? Path.Combine(root, "goldens") : Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens");

    public static TheoryData<string> Names =>
    [
        .. Directory.GetDirectories(GoldensFolder, "gemma*")
            .Where(folder => !folder.Contains("-cls-", StringComparison.Ordinal))
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
        var logits = goldens.RootElement.GetProperty("forward").EnumerateArray().Max(forward => CheckForward(name, engine, forward));
        var states = CheckHiddenStates(name, engine, goldens.RootElement.GetProperty("hidden_states"));
        output.WriteLine($"{name,-40} largest difference: logits {logits:E1}, hidden states {states:E1}");
        if (!goldens.RootElement.TryGetProperty("generation", out var generation)) return;
        foreach (var golden in generation.EnumerateArray().Where(golden => golden.GetProperty("id").GetString() is "greedy-single" or "greedy-long")) CheckGreedy(name, engine, golden);
    }

    private static float CheckForward(string name, OnnxRuntimeEngine engine, JsonElement golden)
    {
        var ids = Ids(golden.GetProperty("input_ids")[0]);
        var expected = Numbers(golden.GetProperty("logits"));
        var rows = golden.GetProperty("logits_positions").GetString() == "all" ? ids.Length : 1;
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, ids, rows)], TestContext.Current.CancellationToken);
        return GoldenAssert.Close(expected, sequence.Logits, $"{name}: logits of {ids.Length} tokens");
    }

    private static float CheckHiddenStates(string name, OnnxRuntimeEngine engine, JsonElement golden)
    {
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, Ids(golden.GetProperty("input_ids")[0]), 0, HiddenStates: true)], TestContext.Current.CancellationToken);
        return GoldenAssert.Close(Numbers(golden.GetProperty("states").EnumerateArray().Last()), sequence.HiddenStates, $"{name}: hidden states");
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

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    private static float[] Numbers(JsonElement array) => [.. array.GetProperty("data").EnumerateArray().Select(e => e.GetSingle())];
}
