using System.Diagnostics;
using System.Numerics.Tensors;
using Gemma.Runtime.Engines;

namespace Gemma.Cli.Benchmarks;

/// <summary>
/// The engine alone: prompts and tokens of one sequence, and of several in one pass, beside the machine's memory bandwidth at the same moment.
/// </summary>
internal static class EngineBenchmark
{
    private const int WarmPrompt = 32;
    private const int Chunk = 256;

    /// <summary>Seconds of the first pass of a model that was just loaded, over one token.</summary>
    public static double FirstToken(IInferenceEngine engine, CancellationToken cancellationToken)
    {
        using var sequence = engine.CreateSequence();
        var generates = engine.Info.VocabularySize > 0;
        var start = Stopwatch.GetTimestamp();
        engine.Run([new EngineInput(sequence, Tokens(engine, 1, 1), generates ? 1 : 0, HiddenStates: !generates)], cancellationToken);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public static void MeasureSingle(IInferenceEngine engine, BenchmarkOptions options, BenchmarkReport report, CancellationToken cancellationToken)
    {
        using var bandwidth = new MemoryBandwidth(engine.Info.Threads.Threads);
        List<double> prefill = [], decode = [], read = [], share = [];
        RunPrompt(engine, options.PromptTokens, cancellationToken);
        for (var i = 0; i < options.Repetitions; i++)
        {
            prefill.Add(options.PromptTokens / RunPrompt(engine, options.PromptTokens, cancellationToken));
            read.Add(bandwidth.Measure());
            decode.Add(RunDecode(engine, 1, options.NewTokens, cancellationToken));
            read.Add(bandwidth.Measure());
            share.Add(decode[^1] * report.WeightBytesPerToken / Math.Max(read[^1], read[^2]));
        }

        report.PrefillTokensPerSecond = Quantiles.Median(prefill);
        report.DecodeTokensPerSecond = Quantiles.Median(decode);
        report.BestPrefillTokensPerSecond = prefill.Max();
        report.BestDecodeTokensPerSecond = decode.Max();
        report.MemoryBandwidth = Quantiles.Median(read);
        report.DecodeBandwidthShare = Quantiles.Median(share);
    }

    public static void MeasureBatches(IInferenceEngine engine, BenchmarkOptions options, BenchmarkReport report, CancellationToken cancellationToken)
    {
        List<int> sizes = [];
        for (var size = 1; size <= options.Concurrency; size *= 2) sizes.Add(size);
        List<double>[] speeds = [.. sizes.Select(_ => new List<double>())];
        for (var i = 0; i < options.Repetitions; i++)
        {
            for (var s = 0; s < sizes.Count; s++) speeds[s].Add(RunDecode(engine, sizes[s], Math.Max(4, options.NewTokens / 2), cancellationToken));
        }

        for (var s = 0; s < sizes.Count; s++)
            report.Batches.Add((sizes[s], Quantiles.Median(speeds[s]), Quantiles.Median(speeds[s].Select((speed, i) => speed / speeds[0][i]))));
    }

    /// <summary>Random ids that are the same at each run.</summary>
    public static int[] Tokens(IInferenceEngine engine, int count, int seed) => Tokens(engine.Info.VocabularySize, count, seed);

    /// <summary>As the other, of a model that has no logits to tell its vocabulary.</summary>
    public static int[] Tokens(int vocabulary, int count, int seed)
    {
        var random = new Random(seed);
        return [2, .. Enumerable.Range(1, Math.Max(0, count - 1)).Select(_ => random.Next(3, vocabulary))];
    }

    private static double RunPrompt(IInferenceEngine engine, int count, CancellationToken cancellationToken)
    {
        var tokens = Tokens(engine, count, 1);
        using var sequence = engine.CreateSequence();
        var start = Stopwatch.GetTimestamp();
        for (var position = 0; position < count; position += Chunk)
        {
            var length = Math.Min(Chunk, count - position);
            engine.Run([new EngineInput(sequence, tokens.AsMemory(position, length), position + length == count ? 1 : 0)], cancellationToken);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // Tokens per second of all sequences together.
    private static double RunDecode(IInferenceEngine engine, int sequences, int count, CancellationToken cancellationToken)
    {
        IEngineSequence[] rows = [.. Enumerable.Range(0, sequences).Select(_ => engine.CreateSequence())];
        try
        {
            engine.Run([.. rows.Select((row, i) => new EngineInput(row, Tokens(engine, WarmPrompt, i)))], cancellationToken);
            var tokens = new int[sequences];
            var inputs = rows.Select((row, i) => new EngineInput(row, tokens.AsMemory(i, 1))).ToArray();
            var start = 0L;
            for (var step = -1; step < count; step++)
            {
                if (step == 0) start = Stopwatch.GetTimestamp();
                for (var i = 0; i < sequences; i++) tokens[i] = TensorPrimitives.IndexOfMax(rows[i].Logits);
                engine.Run(inputs, cancellationToken);
            }

            return sequences * count / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            foreach (var row in rows) row.Dispose();
        }
    }
}
