using System.Diagnostics;
using Gemma.Runtime.Engines;

namespace Gemma.Cli.Benchmarks;

/// <summary>One sequence that grows: how fast it is read up to each length and continued there, and what it takes; in the end a second one beside it.</summary>
internal static class ContextBenchmark
{
    private const int Chunk = 256;

    public static void Measure(IInferenceEngine engine, BenchmarkOptions options, BenchmarkReport report, Action<string> progress,
        CancellationToken cancellationToken)
    {
        int[] lengths = [.. options.ContextTokens.Distinct().Order().Where(length => length + options.NewTokens <= engine.Info.ContextLength)];
        if (lengths.Length == 0) return;
        var tokens = EngineBenchmark.Tokens(engine, lengths[^1], 1);
        using var sequence = engine.CreateSequence();
        Grow(sequence, lengths, 0);
        var quarter = lengths[^1] / 4;
        if (quarter == 0 || engine.Info.MaxBatchSize < 2) return;
        if (!engine.CanHold(engine.DemandOf(sequence.Length) + engine.DemandOf(quarter + options.NewTokens))) return;
        using var second = engine.CreateSequence();
        Grow(second, [quarter], sequence.Length);

        void Grow(IEngineSequence growing, int[] lengths, int longer)
        {
            var (read, reading) = (0, TimeSpan.Zero);
            foreach (var length in lengths)
            {
                progress(longer == 0 ? $"context of {length} tokens" : $"context of {length} tokens beside {longer}");
                var start = Stopwatch.GetTimestamp();
                read += length - growing.Length;
                while (growing.Length < length)
                    engine.Run([new EngineInput(growing, tokens.AsMemory(growing.Length, Math.Min(Chunk, length - growing.Length)), 0)], cancellationToken);
                reading += Stopwatch.GetElapsedTime(start);

                // The first token binds other buffers.
                engine.Run([new EngineInput(growing, tokens.AsMemory(0, 1))], cancellationToken);
                start = Stopwatch.GetTimestamp();
                for (var step = 1; step < options.NewTokens; step++)
                    engine.Run([new EngineInput(growing, tokens.AsMemory(step % tokens.Length, 1))], cancellationToken);
                var writing = Stopwatch.GetElapsedTime(start);
                using var process = Process.GetCurrentProcess();
                report.Contexts.Add(new ContextPoint(length, read / reading.TotalSeconds, (options.NewTokens - 1) / writing.TotalSeconds, longer,
                    engine.CacheBytes, process.WorkingSet64));
            }
        }
    }
}
