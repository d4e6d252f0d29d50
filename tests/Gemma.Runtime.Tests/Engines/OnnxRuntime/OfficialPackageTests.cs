using System.Numerics.Tensors;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Models.Architecture;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime;

/// <summary>Folders written by the official GenAI builder open in our engine: greedy ids, ragged batches, chunks, copies and cancellation.</summary>
public sealed class OfficialPackageTests
{
    private static readonly int[] Prompt = [2, 300, 17, 451, 12, 360, 280, 77, 263, 401, 330, 290];

    [Theory]
    [InlineData("fp32", "genai_fp32")]
    [InlineData("int4", "genai_int4")]
    public void Run_OfficialBuildersFolder_GivesGoldenGreedyIds(string precision, string key)
    {
        using var engine = Open(precision);
        foreach (var golden in Cases().EnumerateArray())
        {
            var expected = Ids(golden.GetProperty(key).GetProperty("greedy_ids"));
            using var sequence = engine.CreateSequence();
            Assert.Equal(expected, Greedy(engine, sequence, Ids(golden.GetProperty("prompt_ids")), expected.Length));
        }
    }

    [Theory]
    [InlineData("fp32")]
    [InlineData("int4")]
    public void Run_RaggedBatchAndChunks_EqualSingleRunsBitForBit(string precision)
    {
        using var engine = Open(precision);

        // Without AVX-512, ONNX Runtime multiplies one row by 4-bit weights with another kernel than several.
        var isExact = precision == "fp32" || !Avx2.IsSupported || Avx512BW.IsSupported;
        int[][] prompts = [Prompt, Prompt[..5], [.. Prompt, .. Prompt[1..], .. Prompt[3..]], [2]];
        var single = prompts.Select(prompt => Solo(engine, prompt)).ToArray();

        var sequences = prompts.Select(_ => engine.CreateSequence()).ToArray();
        engine.Run([.. prompts.Select((p, i) => new EngineInput(sequences[i], p))], TestContext.Current.CancellationToken);
        for (var i = 0; i < prompts.Length; i++) AssertEqual(single[i], sequences[i].Logits.ToArray());

        // Decode a subset, in another order, with a prompt in chunks in between: rows move between slots.
        int[] order = [3, 0, 2];
        using var chunked = engine.CreateSequence();
        engine.Run([new EngineInput(chunked, prompts[2].AsMemory(0, 7), 0)], TestContext.Current.CancellationToken);
        engine.Run([.. order.Select(i => new EngineInput(sequences[i], new[] { 42 + i }))], TestContext.Current.CancellationToken);
        var decoded = order.Select(i => sequences[i].Logits.ToArray()).ToArray();
        engine.Run([new EngineInput(chunked, prompts[2].AsMemory(7))], TestContext.Current.CancellationToken);
        AssertEqual(single[2], chunked.Logits.ToArray());
        for (var i = 0; i < order.Length; i++) AssertEqual(Solo(engine, prompts[order[i]], [42 + order[i]]), decoded[i]);
        foreach (var sequence in sequences) sequence.Dispose();

        void AssertEqual(float[] expected, float[] actual)
        {
            if (isExact) Assert.Equal(expected, actual);
            else Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }
    }

    [Fact]
    public void TruncateAndCopyFrom_PrefixReuse_EqualsFreshPrefill()
    {
        using var engine = Open("fp32");
        using var source = engine.CreateSequence();
        engine.Run([new EngineInput(source, Prompt, 0)], TestContext.Current.CancellationToken);
        using var copy = engine.CreateSequence();
        copy.CopyFrom(source, 6);
        source.Truncate(4);
        int[] tail = [44, 55, 66];
        engine.Run([new EngineInput(source, tail), new EngineInput(copy, tail)], TestContext.Current.CancellationToken);
        var (fromSource, fromCopy) = (source.Logits.ToArray(), copy.Logits.ToArray());
        Assert.Equal(Solo(engine, Prompt[..4], tail), fromSource);
        Assert.Equal(Solo(engine, Prompt[..6], tail), fromCopy);
    }

    [Fact]
    public void Run_PastTheContext_ThrowsAndKeepsTheSequence()
    {
        using var engine = Open("fp32");
        using var sequence = engine.CreateSequence();
        var tooLong = Enumerable.Repeat(5, 257).ToArray();
        Assert.Throws<EngineException>(() => engine.Run([new EngineInput(sequence, tooLong)], TestContext.Current.CancellationToken));
        Assert.Equal(0, sequence.Length);
        engine.Run([new EngineInput(sequence, tooLong.AsMemory(0, 256))], TestContext.Current.CancellationToken);
        Assert.Equal(256, sequence.Length);
    }

    [Fact]
    public void Run_Cancelled_ThrowsAndKeepsTheLength()
    {
        using var engine = Open("fp32");
        using var sequence = engine.CreateSequence();
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => engine.Run([new EngineInput(sequence, Prompt)], source.Token));
        engine.Run([new EngineInput(sequence, Prompt)], TestContext.Current.CancellationToken);
        Assert.Equal(Prompt.Length, sequence.Length);
    }

    private static float[] Solo(OnnxRuntimeEngine engine, params int[][] runs)
    {
        using var sequence = engine.CreateSequence();
        foreach (var tokens in runs) engine.Run([new EngineInput(sequence, tokens)], TestContext.Current.CancellationToken);
        return sequence.Logits.ToArray();
    }

    private static int[] Greedy(OnnxRuntimeEngine engine, IEngineSequence sequence, int[] prompt, int count)
    {
        var result = new List<int>();
        ReadOnlyMemory<int> next = prompt;
        while (result.Count < count)
        {
            engine.Run([new EngineInput(sequence, next)], TestContext.Current.CancellationToken);
            result.Add(TensorPrimitives.IndexOfMax(sequence.Logits));
            next = new[] { result[^1] };
        }

        return [.. result];
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    private static JsonElement Cases() =>
        JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("goldens-genai", "gemma1-tiny-mqa", "goldens.json"))).RootElement.GetProperty("cases");

    private static OnnxRuntimeEngine Open(string precision) => new(new OnnxRuntimeEngineOptions
    {
        ModelPath = SharedData.Require("goldens-genai", "gemma1-tiny-mqa", precision, "model.onnx"),
        ContextLength = 256,
        KeyValueLayout = KeyValueLayout.Uniform(2, 1, 16),
        Engine = new EngineOptions { Threads = 1 },
    });
}
