using System.Diagnostics;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Cli.Benchmarks;

/// <summary>Vectors of many texts that come at once, beside prompts that go through one by one.</summary>
internal sealed class EmbedBenchmark(IInferenceEngine engine, int vocabulary, BenchmarkOptions options)
{
    private const int ShortestText = 32;
    private const int LongestText = 256;
    private const int LengthStep = 53;

    private readonly int[][] _texts = [.. Enumerable.Range(0, options.Texts).Select(i => EngineBenchmark.Tokens(vocabulary, LengthOf(i), i))];

    public async Task MeasureAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        using var bandwidth = new MemoryBandwidth(engine.Info.Threads.Threads);
        List<double> prefill = [], embed = [], read = [];
        var prompt = EngineBenchmark.Tokens(vocabulary, options.PromptTokens, 1);

        // The first passes grow buffers.
        Read(prompt, 1, cancellationToken);
        await EmbedAsync(cancellationToken);
        var prompts = Math.Max(1, _texts.Sum(text => text.Length) / prompt.Length);
        for (var i = 0; i < options.Repetitions; i++)
        {
            prefill.Add(Read(prompt, prompts, cancellationToken));
            embed.Add(await EmbedAsync(cancellationToken));
            read.Add(bandwidth.Measure());
        }

        report.PrefillTokensPerSecond = Quantiles.Median(prefill);
        report.BestPrefillTokensPerSecond = prefill.Max();
        report.EmbedTokensPerSecond = Quantiles.Median(embed);
        report.MemoryBandwidth = Quantiles.Median(read);
    }

    // From 32 to 256, in no order.
    private static int LengthOf(int text) => ShortestText + (text * LengthStep % (LongestText - ShortestText + 1));

    // Tokens per second of prompts that go through one by one.
    private double Read(int[] prompt, int prompts, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < prompts; i++)
        {
            using var sequence = engine.CreateSequence();
            engine.Run([new EngineInput(sequence, prompt, 0, HiddenStates: true)], cancellationToken);
        }

        return prompts * prompt.Length / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private async Task<double> EmbedAsync(CancellationToken cancellationToken)
    {
        await using var scheduler = new InferenceScheduler(new TimedEngine(engine), new SchedulerOptions { MaxQueueLength = _texts.Length });
        var start = Stopwatch.GetTimestamp();
        var readings = _texts.Select(text =>
            new EmbeddingReading(text, new PooledStates(engine.Info.HiddenSize, EmbeddingPooling.Mean), cancellationToken)).ToArray();
        foreach (var reading in readings) scheduler.Submit(reading);
        var vectors = await Task.WhenAll(readings.Select(reading => reading.Result));
        foreach (var (vector, _) in vectors) VectorScaling.ToUnitLength(vector);
        return vectors.Sum(vector => vector.Tokens) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
