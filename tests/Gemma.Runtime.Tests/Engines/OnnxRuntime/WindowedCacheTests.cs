using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Gemma.Conversion.Checkpoints;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Models;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime;

/// <summary>Caches of sliding-window layers drop what no token sees any more, and everything is computed as if they kept it.</summary>
public sealed class WindowedCacheTests(TestPackages packages)
{
    private const float Tolerance = 2e-4f;

    public static TheoryData<string> Packages => ["gemma3w-fp32", "gemma3w-int4", "gemma3w-fp16", "gemma3p-int4", "gemma4w-fp32", "gemma4p-int4"];

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task Run_PromptInPiecesThenTokens_GivesWhatFullCachesGive(string name)
    {
        var package = await packages.OpenAsync(name);
        using var windowed = WindowedShapes.Open(package);
        using var full = WindowedShapes.Open(package, room: null);
        using var left = windowed.CreateSequence();
        using var right = full.CreateSequence();
        var prompt = WindowedShapes.Prompt(1, 200);
        for (var (position, piece) = (0, 1); position < prompt.Length; position += piece)
        {
            piece = Math.Min(1 + (position * 7 % 16), prompt.Length - position);
            AssertSame(name, windowed, left, full, right, prompt.AsMemory(position, piece));
        }

        for (var step = 0; step < 80; step++) AssertSame(name, windowed, left, full, right, new[] { TensorPrimitives.IndexOfMax(right.Logits) });
        Assert.True(windowed.CacheBytes < full.CacheBytes, $"{windowed.CacheBytes} of {full.CacheBytes} bytes");
    }

    [Theory]
    [InlineData("gemma3w-fp32")]
    [InlineData("gemma4w-fp32")]
    public async Task CacheBytes_LongSequence_AreTheFormula(string name)
    {
        var package = await packages.OpenAsync(name);
        using var windowed = new OnnxRuntimeEngine(new OnnxRuntimeEngineOptions
        {
            ModelPath = package.ModelPath,
            KeyValueLayout = package.KeyValueLayout,
            ContextLength = 1024,
            MaxSequences = 2,
        });
        using var sequence = windowed.CreateSequence();
        var prompt = WindowedShapes.Prompt(1, 1024);
        for (var position = 0; position < prompt.Length; position += 256)
            windowed.Run([new EngineInput(sequence, prompt.AsMemory(position, 256))], TestContext.Current.CancellationToken);
        var caches = package.Config!.Plan.KeyValueLayout.Caches;
        var formula = sizeof(float)
            * (caches.Where(cache => cache.Window is null).Sum(cache => cache.Elements * 1024)
                + caches.Where(cache => cache.Window is not null).Sum(cache => cache.Elements * (WindowedShapes.Window + 512)));
        Assert.Equal(formula, windowed.CacheBytes);
        Assert.Equal(formula, MemoryEstimate.For(package, 1024).KeyValueCacheBytes);
        Assert.Equal(formula * 2, MemoryEstimate.For(package, 1024, 2).KeyValueCacheBytes);
        Assert.True(windowed.CanHold(windowed.DemandOf(1024) * 2));
        using var tight = WindowedShapes.Open(package, 512, formula);
        Assert.Equal(1024, tight.Info.ContextLength);
        Assert.True(tight.CanHold(tight.DemandOf(1024)));
        Assert.False(tight.CanHold(tight.DemandOf(960) * 2));
    }

    [Theory]
    [InlineData("3-270m", 32768)]
    [InlineData("3-1b", 32768)]
    [InlineData("3-4b", 32768)]
    [InlineData("3-4b", 8192)]
    [InlineData("4-12b", 32768)]
    public void Bytes_ReleasedShape_AreAtMostAFifthAboveWindowAndChunk(string shape, int tokens)
    {
        const int Chunk = 256;
        using var checkpoint = RandomCheckpoint.Create(shape);
        var layout = checkpoint.Config.Plan.KeyValueLayout;
        using var arena = new KeyValueArena(layout, TensorElementType.Float, isSparse: false);
        arena.Resize(1, new CacheRows(tokens, Math.Min(tokens, layout.WindowTokens!.Value)), [], []);
        var formula = sizeof(float) * layout.Caches.Sum(cache => cache.Elements * Math.Min(tokens, cache.Window + Chunk ?? tokens));
        Assert.Equal(layout.Elements(tokens) * sizeof(float), arena.Bytes);
        Assert.InRange(arena.Bytes, formula, formula * 1.2);
    }

    [Theory]
    [InlineData("gemma3w-fp32")]
    [InlineData("gemma4w-fp32")]
    public async Task Truncate_AcrossTheWindow_EqualsAFreshRunOrIsRefused(string name)
    {
        var package = await packages.OpenAsync(name);
        using var windowed = WindowedShapes.Open(package);
        using var sequence = windowed.CreateSequence();
        var prompt = WindowedShapes.Prompt(1, 200);
        Append(windowed, sequence, prompt);
        Assert.InRange(sequence.ShortestLength, 1, 192);
        Assert.Throws<ArgumentOutOfRangeException>(() => sequence.Truncate(sequence.ShortestLength - 1));
        sequence.Truncate(sequence.ShortestLength);
        var length = sequence.Length;
        int[] other = [.. prompt[..length], .. WindowedShapes.Prompt(2, 40)];
        Append(windowed, sequence, other);
        AssertClose(name, Fresh(package, other), sequence.Logits);
        sequence.Truncate(0);
        Assert.Equal(0, sequence.ShortestLength);
        Append(windowed, sequence, prompt);
        AssertClose(name, Fresh(package, prompt), sequence.Logits);
    }

    [Theory]
    [InlineData("gemma3w-fp32")]
    [InlineData("gemma4w-fp32")]
    public async Task CopyFrom_SequencesOfAllLengthsTogether_GoOnAsAlone(string name)
    {
        var package = await packages.OpenAsync(name);
        using var windowed = WindowedShapes.Open(package);
        using var source = windowed.CreateSequence();
        var prompt = WindowedShapes.Prompt(1, 200);
        Append(windowed, source, prompt);
        var sequences = new List<IEngineSequence>();
        var texts = new List<int[]>();
        Assert.Throws<ArgumentOutOfRangeException>(() => windowed.CreateSequence().CopyFrom(source, 20));
        for (var i = 0; i < 6; i++)
        {
            var sequence = windowed.CreateSequence();
            if (i % 2 == 0) sequence.CopyFrom(source, 200 - i);
            else Append(windowed, sequence, WindowedShapes.Prompt(i, 30 * i));
            sequences.Add(sequence);
            texts.Add(i % 2 == 0 ? prompt[..(200 - i)] : WindowedShapes.Prompt(i, 30 * i));
        }

        for (var step = 0; step < 50; step++)
        {
            var token = 10 + step;
            windowed.Run([.. sequences.Select((sequence, i) => new EngineInput(sequence, new[] { token + i }))], TestContext.Current.CancellationToken);
            for (var i = 0; i < texts.Count; i++) texts[i] = [.. texts[i], token + i];
        }

        for (var i = 0; i < texts.Count; i++) AssertClose($"{name}: row {i}", Fresh(package, texts[i]), sequences[i].Logits);
    }

    [Fact]
    public async Task Run_WholeGroupsDropped_GivesTheSameBits()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "Matrix kernels of other processors may group otherwise.");
        var package = await packages.OpenAsync("gemma3wide-fp32");
        using var windowed = WindowedShapes.Open(package, 512);
        using var full = WindowedShapes.Open(package, room: null);
        using var left = windowed.CreateSequence();
        using var right = full.CreateSequence();
        var prompt = WindowedShapes.Prompt(1, 1000);
        for (var position = 0; position < prompt.Length; position += position < 768 ? 256 : 1)
        {
            var piece = prompt.AsMemory(position, position < 768 ? 256 : 1);
            windowed.Run([new EngineInput(left, piece)], TestContext.Current.CancellationToken);
            full.Run([new EngineInput(right, piece)], TestContext.Current.CancellationToken);
            Assert.Equal(right.Logits.ToArray(), left.Logits.ToArray());
        }

        Assert.True(left.ShortestLength > 0);
    }

    [Fact]
    public async Task Run_MorePromptThanRoom_GrowsAndTrimShrinks()
    {
        var package = await packages.OpenAsync("gemma3w-fp32");
        using var windowed = WindowedShapes.Open(package);
        using var sequence = windowed.CreateSequence();
        var prompt = WindowedShapes.Prompt(3, 300);
        windowed.Run([new EngineInput(sequence, prompt.AsMemory(0, 150))], TestContext.Current.CancellationToken);
        windowed.Run([new EngineInput(sequence, prompt.AsMemory(150))], TestContext.Current.CancellationToken);
        AssertClose("a prompt in two large pieces", Fresh(package, prompt), sequence.Logits);
        using (var other = windowed.CreateSequence()) Append(windowed, other, prompt);
        Append(windowed, sequence, [.. prompt, .. WindowedShapes.Prompt(4, 20)]);
        windowed.Trim();
        Assert.Equal(Bytes(package, CacheBuffer.SupportsSparse ? 320 : 512), windowed.CacheBytes);
        AssertClose("after the arena was trimmed", Fresh(package, [.. prompt, .. WindowedShapes.Prompt(4, 20), 7]), Next(windowed, sequence, 7));
    }

    [Fact]
    public async Task Run_FailedPass_LeavesTheSequenceAsItWas()
    {
        var package = await packages.OpenAsync("gemma3w-fp32");
        using var windowed = WindowedShapes.Open(package, budget: Bytes(package, 256));
        using var sequence = windowed.CreateSequence();
        using var other = windowed.CreateSequence();
        var prompt = WindowedShapes.Prompt(1, 200);
        Append(windowed, sequence, prompt);
        Assert.Throws<EngineException>(() =>
            windowed.Run([new EngineInput(sequence, WindowedShapes.Prompt(5, 16)), new EngineInput(other, WindowedShapes.Prompt(6, 1000))],
                TestContext.Current.CancellationToken));
        Assert.Equal(200, sequence.Length);
        AssertClose("after a failed run", Fresh(package, [.. prompt, 7]), Next(windowed, sequence, 7));
        Assert.Throws<EngineException>(() => other.CopyFrom(sequence, 201));
        sequence.Dispose();
        Append(windowed, other, prompt);
        AssertClose("after a failed copy", Fresh(package, prompt), other.Logits);
    }

    [Fact]
    public async Task Open_GraphWithoutTheInputs_KeepsEverything()
    {
        // A package for GPUs is what packages of earlier converters were.
        var package = await packages.OpenAsync("gemma3old-fp32");
        Assert.Null(package.Manifest!.WindowedCaches);
        using var full = WindowedShapes.Open(package);
        using var sequence = full.CreateSequence();
        var prompt = WindowedShapes.Prompt(1, 200);
        Append(full, sequence, prompt);
        Assert.Equal(0, sequence.ShortestLength);
        Assert.Equal(256 * full.Info.BytesPerToken, full.CacheBytes);
        Assert.Equal(256 * full.Info.BytesPerToken, MemoryEstimate.For(package, 256).KeyValueCacheBytes);
        AssertClose("an earlier package", Fresh(await packages.OpenAsync("gemma3w-fp32"), prompt), sequence.Logits);
    }

    // Of one sequence.
    private static long Bytes(ModelPackage package, int tokens)
    {
        var estimate = MemoryEstimate.For(package, tokens);
        return ((estimate.BytesPerToken - estimate.WindowBytesPerToken) * tokens)
            + (estimate.WindowBytesPerToken * (WindowedShapes.Window + WindowedShapes.Room));
    }

    private static void Append(OnnxRuntimeEngine engine, IEngineSequence sequence, int[] text)
    {
        while (sequence.Length < text.Length)
        {
            engine.Run([new EngineInput(sequence, text.AsMemory(sequence.Length, Math.Min(16, text.Length - sequence.Length)))],
                TestContext.Current.CancellationToken);
        }
    }

    private static float[] Next(OnnxRuntimeEngine engine, IEngineSequence sequence, int token)
    {
        engine.Run([new EngineInput(sequence, new[] { token })], TestContext.Current.CancellationToken);
        return sequence.Logits.ToArray();
    }

    // Full caches, one pass.
    private static float[] Fresh(ModelPackage package, int[] text)
    {
        using var engine = WindowedShapes.Open(package, room: null);
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, text)], TestContext.Current.CancellationToken);
        return sequence.Logits.ToArray();
    }

    private static void AssertSame(string name, OnnxRuntimeEngine windowed, IEngineSequence left, OnnxRuntimeEngine full, IEngineSequence right,
        ReadOnlyMemory<int> tokens)
    {
        windowed.Run([new EngineInput(left, tokens)], TestContext.Current.CancellationToken);
        full.Run([new EngineInput(right, tokens)], TestContext.Current.CancellationToken);
        AssertClose($"{name}: {left.Length} tokens", right.Logits.ToArray(), left.Logits);
        Assert.Equal(TensorPrimitives.IndexOfMax(right.Logits), TensorPrimitives.IndexOfMax(left.Logits));
    }

    private static void AssertClose(string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        var differences = new float[expected.Length];
        TensorPrimitives.Subtract(expected, actual, differences);
        var largest = Math.Abs(differences[TensorPrimitives.IndexOfMaxMagnitude(differences)]);
        Assert.True(largest <= Tolerance, $"{what}: a logit differs by {largest}");
    }
}
