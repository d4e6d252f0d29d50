using System.Numerics.Tensors;
using System.Text.Json;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>Checkpoints that transformers computed results from: converted to fp32 they give the same logits and the same greedy ids.</summary>
public sealed class GoldenCheckpointTests(ITestOutputHelper output)
{
    // Deep random models with six kinds of norms are less well conditioned than those of Gemma 1 to 3.
    private const float NewestTolerance = 5e-4f;

    private const int WindowRoom = 8;

    private static readonly string[] Sources = ["goldens", "goldens-gemma4"];

    public static TheoryData<string> Names =>
    [
        .. Folders.SelectMany(folder => Directory.GetDirectories(folder, "gemma*"))
            .Where(folder => !folder.Contains("-cls-", StringComparison.Ordinal))
            .Select(folder => Path.GetFileName(folder)!)
            .Order(StringComparer.Ordinal),
    ];

    // A clone without the reference data still has some of them.
    private static IEnumerable<string> Folders => SharedData.Root is { } root
        ? Sources.Select(source => Path.Combine(root, source)).Where(Directory.Exists)
        : [Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens")];

    // A folder that does not exist where it is missing.
    internal static string FolderOf(string name)
    {
        string[] folders = [.. Folders.Select(folder => Path.Combine(folder, name))];
        return Array.Find(folders, Directory.Exists) ?? folders[0];
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ConvertAsync_GoldenCheckpointToFp32_GivesTransformersLogitsAndGreedyIds(string name)
    {
        var folder = FolderOf(name);
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "goldens.json"), TestContext.Current.CancellationToken));
        await using var package = await ConvertedPackage.CreateAsync(folder, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        Check(name, await package.OpenAsync(), goldens.RootElement);

        // Once more with caches that drop what windows do not see.
        Check(name + ", windowed", await package.OpenAsync(WindowRoom), goldens.RootElement);
    }

    private void Check(string name, OnnxRuntimeEngine opened, JsonElement goldens)
    {
        using var engine = opened;
        var logits = goldens.GetProperty("forward").EnumerateArray().Max(forward => CheckForward(name, engine, forward));
        var states = CheckHiddenStates(name, engine, goldens.GetProperty("hidden_states"));
        output.WriteLine($"{name,-50} largest difference: logits {logits:E1}, hidden states {states:E1}");
        CheckChunks(name, engine, goldens.GetProperty("forward").EnumerateArray().Last(forward => forward.GetProperty("input_ids")[0].GetArrayLength() > 6));
        if (goldens.TryGetProperty("batch", out var batches)) CheckBatch(name, engine, batches[0]);
        if (!goldens.TryGetProperty("generation", out var generation)) return;
        foreach (var golden in generation.EnumerateArray().Where(golden => golden.GetProperty("id").GetString() is "greedy-single" or "greedy-long"))
            CheckGreedy(name, engine, golden);
    }

    // A prompt in pieces gives what it gives in one.
    private static void CheckChunks(string name, OnnxRuntimeEngine engine, JsonElement golden)
    {
        var ids = Ids(golden.GetProperty("input_ids")[0]);
        var expected = Numbers(golden.GetProperty("logits"));
        expected = expected[(golden.GetProperty("logits_positions").GetString() == "all" ? expected.Length / ids.Length * (ids.Length - 1) : 0)..];
        using var sequence = engine.CreateSequence();
        foreach (var chunk in (int[][])[ids[..5], ids[5..6], ids[6..]]) engine.Run([new EngineInput(sequence, chunk)], TestContext.Current.CancellationToken);
        GoldenAssert.Close(expected, sequence.Logits, $"{name}: logits of {ids.Length} tokens in three pieces", Tolerance(name));
    }

    // Rows of different lengths together, first as prompts, then one token each.
    private static void CheckBatch(string name, OnnxRuntimeEngine engine, JsonElement golden)
    {
        var rows = golden.GetProperty("input_ids").EnumerateArray()
            .Zip(golden.GetProperty("attention_mask").EnumerateArray(), (ids, mask) => Ids(ids).Where((_, i) => mask[i].GetInt32() == 1).ToArray()).ToArray();
        var sequences = rows.Select(_ => engine.CreateSequence()).ToArray();
        engine.Run([.. rows.Select((row, i) => new EngineInput(sequences[i], row, row.Length))], TestContext.Current.CancellationToken);
        foreach (var row in golden.GetProperty("rows").EnumerateArray())
        {
            var number = row.GetProperty("row").GetInt32();
            GoldenAssert.Close(Numbers(row.GetProperty("logits")), sequences[number].Logits, $"{name}: row {number} of a batch", Tolerance(name));
        }

        engine.Run([.. rows.Select((_, i) => new EngineInput(sequences[i], new[] { 3 + i }))], TestContext.Current.CancellationToken);
        var appended = sequences.Select(sequence => sequence.Logits.ToArray()).ToArray();
        foreach (var (i, row) in rows.Index())
        {
            using var alone = engine.CreateSequence();
            engine.Run([new EngineInput(alone, (int[])[.. row, 3 + i])], TestContext.Current.CancellationToken);
            GoldenAssert.Close(alone.Logits, appended[i], $"{name}: row {i} after another token", Tolerance(name));
        }

        foreach (var sequence in sequences) sequence.Dispose();
    }

    private static float Tolerance(string name) => name.StartsWith("gemma4", StringComparison.Ordinal) ? NewestTolerance : GoldenAssert.Tolerance;

    private static float CheckForward(string name, OnnxRuntimeEngine engine, JsonElement golden)
    {
        var ids = Ids(golden.GetProperty("input_ids")[0]);
        var expected = Numbers(golden.GetProperty("logits"));
        var rows = golden.GetProperty("logits_positions").GetString() == "all" ? ids.Length : 1;
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, ids, rows)], TestContext.Current.CancellationToken);
        return GoldenAssert.Close(expected, sequence.Logits, $"{name}: logits of {ids.Length} tokens", Tolerance(name));
    }

    private static float CheckHiddenStates(string name, OnnxRuntimeEngine engine, JsonElement golden)
    {
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, Ids(golden.GetProperty("input_ids")[0]), 0, HiddenStates: true)], TestContext.Current.CancellationToken);
        return GoldenAssert.Close(Numbers(golden.GetProperty("states").EnumerateArray().Last()), sequence.HiddenStates, $"{name}: hidden states",
            Tolerance(name));
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
