using System.Text.Json;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Requests;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Generation.Scoring;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Generation;

/// <summary>Every generate() call and every loss of the goldens, on converted checkpoints and the real scheduler.</summary>
public sealed class GenerationGoldenTests
{
    public static TheoryData<string> Names =>
        [.. GoldenCheckpointTests.Names.Select(row => row.Data).Where(name => HasCases(GoldenCheckpointTests.FolderOf(name)))];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Run_GenerateCallsAndLosses_GiveTransformersSequencesAndScores(string name)
    {
        var folder = GoldenCheckpointTests.FolderOf(name);
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "goldens.json"), TestContext.Current.CancellationToken));
        var root = goldens.RootElement;
        await using var package = await ConvertedPackage.CreateAsync(folder, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        using var scheduler = new InferenceScheduler(await package.OpenAsync(), new SchedulerOptions());
        var defaults = GenerationConfig.Load(Path.Combine(folder, "generation_config.json"));
        var shape = GemmaConfig.Load(Path.Combine(folder, "config.json"));
        foreach (var golden in Cases(root, "generation")) await CheckGenerationAsync($"{name} {golden.GetProperty("id")}", scheduler, defaults, shape, golden);
        foreach (var golden in Cases(root, "loss")) await CheckLossAsync($"{name} loss {golden.GetProperty("id")}", scheduler, golden);
    }

    private static bool HasCases(string folder)
    {
        using var goldens = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "goldens.json")));
        return Cases(goldens.RootElement, "generation").Concat(Cases(goldens.RootElement, "loss")).Any();
    }

    private static async Task CheckGenerationAsync(string what, InferenceScheduler scheduler, GenerationConfig defaults, GemmaConfig shape, JsonElement golden)
    {
        var rows = golden.GetProperty("input_ids").EnumerateArray().Select(Ids);
        var padding = golden.GetProperty("attention_mask").EnumerateArray().Select(mask => Ids(mask).TakeWhile(value => value == 0).Count());
        var options = GenerationConfig.Parse(golden.GetProperty("kwargs"));
        var limits = new ModelLimits(shape.VocabSize, shape.MaxPositionEmbeddings, shape.MaxPositionEmbeddings * 4);
        var plans = rows.Zip(padding,
            (row, left) => new GenerationPlan(row, defaults, new GenerationRequest { Config = options, LeftPadding = left, Alternatives = 0 }, limits))
            .ToArray();
        var config = plans[0].Config;
        var expected = golden.GetProperty("sequences").EnumerateArray().Select(Ids).ToArray();
        if (config.NumBeams > 1)
        {
            var jobs = plans.Select(plan => plan.CreateSearch(TestContext.Current.CancellationToken)).ToArray();
            foreach (var job in jobs) scheduler.Submit(job);
            var beams = (await Task.WhenAll(jobs.Select(job => job.Result)))
                .SelectMany((found, row) => found.Select(beam => (Beam: beam, First: row * config.NumBeams.Value))).ToArray();

            // A pad id of 0 counts as "none" in beam search.
            var fill = config.PadTokenId is { } pad and not 0 ? pad : config.EosTokenId![0];
            AssertRows(what, expected, [.. beams.Select(beam => beam.Beam.Tokens)], fill);
            AssertClose(what, Numbers(golden.GetProperty("sequences_scores")), [.. beams.Select(beam => beam.Beam.Score)]);
            AssertRows(what + " beam_indices", [.. golden.GetProperty("beam_indices").EnumerateArray().Select(Ids)],
                [.. beams.Select(beam => beam.Beam.Parents.Select(parent => parent + beam.First).ToArray())], -1);
            return;
        }

        using var instruments = new ModelInstruments("golden", null);
        var gate = new RequestGate(scheduler, instruments, TimeProvider.System);
        var done = await Task.WhenAll(plans.Select(plan => ChoicesAsync(new GenerationRun(plan, gate, scheduler))));
        AssertRows(what, expected, [.. done.Zip(plans, (choices, plan) => (int[])[.. plan.Prompt, .. choices.Select(choice => choice.Id)])], config.PadTokenId
            ?? config.EosTokenId![0]);
        foreach (var (scores, choices) in golden.GetProperty("chosen_scores").EnumerateArray().Zip(done))
            AssertClose(what, [.. scores.EnumerateArray().Select(score => score.GetSingle())], [.. choices.Select(choice => choice.Score)]);
    }

    private static async Task<TokenChoice[]> ChoicesAsync(GenerationRun run) =>
        [.. await run.StreamAsync(TestContext.Current.CancellationToken).Where(update => update.Choice is not null).Select(update => update.Choice!)
            .ToListAsync(TestContext.Current.CancellationToken)];

    private static async Task CheckLossAsync(string what, InferenceScheduler scheduler, JsonElement golden)
    {
        List<double> losses = [];
        foreach (var (ids, labels) in golden.GetProperty("input_ids").EnumerateArray().Select(Ids)
            .Zip(golden.GetProperty("labels").EnumerateArray().Select(Ids)))
        {
            // Padding on the right changes nothing before it.
            var job = new ScoringJob(ids, 3, TestContext.Current.CancellationToken);
            scheduler.Submit(job);
            var score = await job.Result;
            Assert.Null(score.LogProbabilities[0]);
            Assert.Equal(3, score.LastTop.Count);
            losses.AddRange(Enumerable.Range(1, ids.Length - 1).Where(i => labels[i] >= 0).Select(i => -(double)score.LogProbabilities[i]!.Value));
        }

        if (golden.GetProperty("loss").ValueKind == JsonValueKind.String) Assert.Empty(losses);
        else AssertClose(what, [golden.GetProperty("loss").GetSingle()], [(float)losses.Average()]);
    }

    private static IEnumerable<JsonElement> Cases(JsonElement root, string key) => root.TryGetProperty(key, out var cases) ? cases.EnumerateArray() : [];

    // Shorter rows are filled to the width of the longest one.
    private static void AssertRows(string what, int[][] expected, int[][] actual, int fill)
    {
        var width = actual.Max(row => row.Length);
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            int[] filled = [.. actual[i], .. Enumerable.Repeat(fill, width - actual[i].Length)];
            Assert.True(expected[i].SequenceEqual(filled), $"{what}, row {i}: [{string.Join(", ", filled)}] instead of [{string.Join(", ", expected[i])}]");
        }
    }

    private static void AssertClose(string what, float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(MathF.Abs(expected[i] - actual[i]) <= 2e-4f + (1e-5f * MathF.Abs(expected[i])),
                $"{what}: score {i} is {actual[i]} instead of {expected[i]}");
        }
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    private static float[] Numbers(JsonElement array) => [.. array.GetProperty("data").EnumerateArray().Select(e => e.GetSingle())];
}
