using System.Text.Json;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Engines;

/// <summary>What everything above the seam relies on, checked for each engine on folders of both builders.</summary>
public abstract partial class EngineConformanceTests(TestPackages packages)
{
    // Kernels for one token and for many round differently.
    private const float Tolerance = 1e-4f;

    /// <summary>Where the engines compute: the CPU, unless GEMMA_TEST_DEVICE says cuda (eng/gpu/run.sh).</summary>
    private protected static GemmaDevice Device { get; } = Environment.GetEnvironmentVariable("GEMMA_TEST_DEVICE") == "cuda"
        ? GemmaDevice.Cuda
        : GemmaDevice.Cpu;

    private static readonly int[] Prompt = [2, 30, 17, 45, 12, 36, 28, 77, 26, 40, 33, 29];

    [Theory]
    [InlineData("fp32", 5e-5f)]
    [InlineData("int4", 5e-3f)]
    public async Task Run_OfficialFolder_GivesGoldenLogitsAndGreedyIds(string precision, float tolerance)
    {
        using var engine = await OpenAsync("official-" + precision);
        foreach (var golden in OfficialGoldens().GetProperty("cases").EnumerateArray())
        {
            var expected = golden.GetProperty("genai_" + precision);
            var prompt = Ids(golden.GetProperty("prompt_ids"));
            EngineRuns.AssertClose(Floats(expected.GetProperty("last_logits")), engine.Fresh(prompt), tolerance, golden.GetProperty("name").GetString()!);
            var ids = Ids(expected.GetProperty("greedy_ids"));
            using var sequence = engine.CreateSequence();
            Assert.Equal(ids, engine.Greedy(sequence, prompt, 24, 1, 6));
            Assert.Equal(prompt.Length + ids.Length - 1, sequence.Length);
        }
    }

    [Theory]
    [InlineData("mqa")]
    [InlineData("gqa")]
    [InlineData("mha")]
    public async Task Run_OurFp32Package_GivesTransformersGreedyIds(string checkpoint)
    {
        using var engine = await OpenAsync(checkpoint + "-fp32");
        var golden = Goldens(checkpoint).GetProperty("generation").EnumerateArray()
            .First(entry => entry.GetProperty("kwargs").EnumerateObject().All(option => option.Name == "max_new_tokens")
                && entry.GetProperty("input_ids").GetArrayLength() == 1);
        var prompt = Ids(golden.GetProperty("input_ids")[0]);
        var expected = Ids(golden.GetProperty("sequences")[0])[prompt.Length..];
        using var sequence = engine.CreateSequence();
        Assert.Equal(expected, engine.Greedy(sequence, prompt, expected.Length));
    }

    [Theory]
    [InlineData("odd-shapes")]
    [InlineData("untied")]
    [InlineData("rope-v5-linear")]
    public async Task Run_OurFp32Package_GivesTransformersLogits(string checkpoint)
    {
        using var engine = await OpenAsync(checkpoint + "-fp32");
        foreach (var golden in Goldens(checkpoint).GetProperty("forward").EnumerateArray())
        {
            var ids = Ids(golden.GetProperty("input_ids")[0]);
            var expected = Floats(golden.GetProperty("logits").GetProperty("data"));
            using var sequence = engine.CreateSequence();
            engine.Run([new EngineInput(sequence, ids, expected.Length / engine.Info.VocabularySize)], TestContext.Current.CancellationToken);
            EngineRuns.AssertClose(expected, sequence.Logits, 1e-3f, golden.GetProperty("id").GetString()!);
        }
    }

    [Theory]
    [InlineData("mqa-fp32")]
    [InlineData("mqa-int4")]
    [InlineData("mqa-fp16")]
    [InlineData("official-fp32")]
    public async Task Run_PiecesOfAPrompt_EqualOneRun(string name)
    {
        using var engine = await OpenAsync(name);
        var expected = engine.Fresh(Prompt);
        for (var cut = 1; cut < Prompt.Length; cut++)
        {
            using var sequence = engine.CreateSequence();
            engine.Run([new EngineInput(sequence, Prompt.AsMemory(0, cut), 0)], TestContext.Current.CancellationToken);
            EngineRuns.AssertClose(expected, engine.Run(sequence, Prompt[cut..]), TolerancesOf(name), $"cut at {cut}");
        }
    }

    [Fact]
    public async Task Run_SlidingWindows_EqualFullCaches()
    {
        using var engine = await OpenAsync("gemma3w-fp32");
        using var full = WindowedShapes.Open(await packages.OpenAsync("gemma3w-fp32"), room: null);
        var prompt = WindowedShapes.Prompt(1, 200);
        using var sequence = engine.CreateSequence();
        using var expected = full.CreateSequence();
        Assert.Equal(full.Greedy(expected, prompt, 60), engine.Greedy(sequence, prompt, 60));
    }

    [Theory]
    [InlineData("mqa-fp32")]
    [InlineData("official-fp32")]
    public async Task Run_PaddingAtTheEnd_IsATokenLikeOthers(string name)
    {
        using var engine = await OpenAsync(name);
        using var sequence = engine.CreateSequence();
        engine.Run(sequence, Prompt);
        EngineRuns.AssertClose(engine.Run(sequence, 0), engine.Fresh([.. Prompt, 0]), Tolerance, "one padding token");
        engine.Run(sequence, 0);
        EngineRuns.AssertClose(engine.Run(sequence, 0), engine.Fresh([.. Prompt, 0, 0, 0]), Tolerance, "three padding tokens");
    }

    [Theory]
    [InlineData("mqa-fp32")]
    [InlineData("mqa-fp16")]
    [InlineData("official-fp32")]
    public async Task Run_SeveralRows_EqualTheLastRowsOfShorterRuns(string name)
    {
        using var engine = await OpenAsync(name);
        var vocabulary = engine.Info.VocabularySize;
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, Prompt.AsMemory(0, 3), 0)], TestContext.Current.CancellationToken);
        Assert.Equal(0, sequence.Logits.Length);
        engine.Run([new EngineInput(sequence, Prompt.AsMemory(3), 5)], TestContext.Current.CancellationToken);
        var rows = sequence.Logits.ToArray();
        Assert.Equal(5 * vocabulary, rows.Length);
        for (var row = 0; row < 5; row++)
        {
            EngineRuns.AssertClose(engine.Fresh(Prompt[..(Prompt.Length - 4 + row)]), rows.AsSpan(row * vocabulary, vocabulary), TolerancesOf(name),
                $"row {row}");
        }
    }

    [Fact]
    public async Task Run_HiddenStates_GivesOneRowPerTokenWhateverTheLogits()
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var all = engine.CreateSequence();
        engine.Run([new EngineInput(all, Prompt, 0, HiddenStates: true)], TestContext.Current.CancellationToken);
        var expected = all.HiddenStates.ToArray();
        Assert.Equal(Prompt.Length * engine.Info.HiddenSize, expected.Length);
        using var sequence = engine.CreateSequence();
        engine.Run(sequence, Prompt[..4]);
        engine.Run([new EngineInput(sequence, Prompt.AsMemory(4), 3, HiddenStates: true)], TestContext.Current.CancellationToken);
        EngineRuns.AssertClose(expected.AsSpan(4 * engine.Info.HiddenSize), sequence.HiddenStates, Tolerance, "hidden states");
        using var official = await OpenAsync("official-fp32");
        Assert.False(official.Info.SupportsHiddenStates);
        using var refused = official.CreateSequence();
        Assert.Throws<EngineException>(() => official.Run([new EngineInput(refused, Prompt, 0, HiddenStates: true)], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Generate_WithSeed_RepeatsAndDiffersBetweenSeeds()
    {
        using var engine = await OpenAsync("mqa-fp32");
        int[] Sample(long seed) =>
            engine.Generate(Prompt, 20,
                new TokenSelector(new GenerationConfig
                {
                    DoSample = true,
                    Temperature = 1.5,
                    TopK = 50,
                    TopP = 0.95,
                    RepetitionPenalty = 1.1,
                    Seed = seed,
                }, engine.Info.VocabularySize, Prompt.Length, [1]));
        var first = Sample(7);
        Assert.Equal(first, Sample(7));
        Assert.NotEqual(first, Sample(8));
    }

    [Fact]
    public async Task Run_AfterStopByLength_EqualsGoldenOfOnePrefill()
    {
        using var engine = await OpenAsync("official-fp32");
        var golden = OfficialGoldens().GetProperty("continuation");
        var ids = Ids(golden.GetProperty("ids"));
        using var sequence = engine.CreateSequence();
        var generated = engine.Greedy(sequence, ids[..12], 6);
        Assert.Equal(ids[12..18], generated);
        EngineRuns.AssertClose(Floats(golden.GetProperty("hf_last_logits")), engine.Run(sequence, ids[sequence.Length..]), 5e-5f, "continuation");
    }

    [Fact]
    public async Task Run_AfterEndOfTurn_EqualsAFreshPrefill()
    {
        using var engine = await OpenAsync("official-fp32");
        var golden = OfficialGoldens().GetProperty("cases").EnumerateArray().First(entry => entry.GetProperty("name").GetString() == "stops on eos");
        var prompt = Ids(golden.GetProperty("prompt_ids"));
        using var sequence = engine.CreateSequence();
        int[] turn = [.. prompt, .. engine.Greedy(sequence, prompt, 24, 1, 6)];
        Assert.Equal(1, turn[^1]);
        int[] next = [.. turn, 5, 44, 55, 66];
        EngineRuns.AssertClose(engine.Fresh(next), engine.Run(sequence, next[sequence.Length..]), Tolerance, "next turn");
    }

    [Theory]
    [InlineData("mqa-fp32")]
    [InlineData("official-fp32")]
    public async Task Truncate_ToAnyLength_ContinuesLikeAFreshPrefill(string name)
    {
        using var engine = await OpenAsync(name);
        int[] tail = [44, 55];
        for (var length = 0; length <= Prompt.Length; length++)
        {
            using var sequence = engine.CreateSequence();
            engine.Run(sequence, Prompt);
            sequence.Truncate(length);
            Assert.Equal(length, sequence.Length);
            EngineRuns.AssertClose(engine.Fresh([.. Prompt[..length], .. tail]), engine.Run(sequence, tail), Tolerance, $"two tokens behind {length}");
            sequence.Truncate(length);
            EngineRuns.AssertClose(engine.Fresh([.. Prompt[..length], 66]), engine.Run(sequence, 66), Tolerance, $"one token behind {length}");
        }
    }

    [Fact]
    public async Task CopyFrom_Prefix_ContinuesLikeAFreshPrefillAndLeavesTheSource()
    {
        using var engine = await OpenAsync("mqa-int4");
        using var source = engine.CreateSequence();
        using var copy = engine.CreateSequence();
        engine.Run(source, Prompt);
        engine.Run(copy, 9, 8, 7);
        copy.CopyFrom(source, 6);
        Assert.Equal(6, copy.Length);
        EngineRuns.AssertClose(engine.Fresh([.. Prompt[..6], 44]), engine.Run(copy, 44), TolerancesOf("int4"), "copy");
        EngineRuns.AssertClose(engine.Fresh([.. Prompt, 45]), engine.Run(source, 45), TolerancesOf("int4"), "source");
        source.CopyFrom(source, 3);
        Assert.Equal(3, source.Length);
    }

    [Fact]
    public async Task Run_BatchOfDifferentLengths_EqualsSingleRuns()
    {
        using var engine = await OpenAsync("mqa-int4");
        int[][] prompts = [Prompt, Prompt[..5], [.. Prompt, .. Prompt[1..]], [2]];
        var sequences = prompts.Select(_ => engine.CreateSequence()).ToArray();
        engine.Run([.. prompts.Select((prompt, i) => new EngineInput(sequences[i], prompt))], TestContext.Current.CancellationToken);
        for (var i = 0; i < prompts.Length; i++) EngineRuns.AssertClose(engine.Fresh(prompts[i]), Again(i), TolerancesOf("int4"), $"prompt {i}");
        engine.Run([new EngineInput(sequences[3], new[] { 41 }), new EngineInput(sequences[0], new[] { 42, 43 }, 2),
            new EngineInput(sequences[1], new[] { 44 }, 0)], TestContext.Current.CancellationToken);
        Assert.Equal([prompts[0].Length + 2, 6, prompts[2].Length, 2], sequences.Select(sequence => sequence.Length));
        Assert.Equal(2 * engine.Info.VocabularySize, sequences[0].Logits.Length);
        foreach (var sequence in sequences) sequence.Dispose();

        // The engine's next run ends the logits' life, so each is computed again behind the same past.
        float[] Again(int i)
        {
            sequences[i].Truncate(prompts[i].Length - 1);
            return engine.Run(sequences[i], prompts[i][^1]);
        }
    }

    [Fact]
    public async Task Run_TwoEnginesOnTwoThreads_GiveTheSameIds()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            using var engine = await OpenAsync("mqa-fp32");
            using var sequence = engine.CreateSequence();
            return engine.Greedy(sequence, Prompt, 40);
        })));
        Assert.Equal(results[0], results[1]);
    }

    [Fact]
    public async Task Run_InterleavedSequences_GiveTheIdsOfSingleOnes()
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var a = engine.CreateSequence();
        using var b = engine.CreateSequence();
        using var c = engine.CreateSequence();
        var expected = engine.Greedy(c, Prompt[..6], 10);
        List<int> ids = [];
        for (var i = 0; i < 10; i++)
        {
            engine.Run(b, i == 0 ? Prompt : [50 + i]);
            ids.AddRange(engine.Greedy(a, i == 0 ? Prompt[..6] : [ids[^1]], 1));
        }

        Assert.Equal(expected, ids);
    }

    [Fact]
    public async Task Run_PastAReservedOrDefaultCapacity_GoesOnExactly()
    {
        using var engine = await OpenAsync("mqa-fp32");
        int[] ids = [.. Enumerable.Range(0, 300).Select(i => 2 + (i * 7 % 220))];
        using var sequence = engine.CreateSequence();
        sequence.Reserve(20);
        for (var start = 0; start < ids.Length; start += 30) engine.Run(sequence, ids[start..(start + 30)]);
        sequence.Truncate(299);
        EngineRuns.AssertClose(engine.Fresh(ids), engine.Run(sequence, ids[^1]), 1e-3f, "300 tokens");
    }

    private protected async Task<IInferenceEngine> OpenAsync(string name) => Open(await packages.OpenAsync(name));

    private protected abstract IInferenceEngine Open(ModelPackage package);

    private protected static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(element => element.GetInt32())];

    private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(element => element.GetSingle())];

    // 16-bit numbers and 8-bit activations round on the way.
    private static float TolerancesOf(string name) => name.EndsWith("fp32", StringComparison.Ordinal) ? Tolerance : 2e-2f;

    private protected static JsonElement OfficialGoldens() =>
        JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("goldens-genai", "gemma1-tiny-mqa", "goldens.json"))).RootElement;

    private static JsonElement Goldens(string checkpoint) =>
        JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("goldens", "gemma1-" + checkpoint, "goldens.json"))).RootElement;
}
