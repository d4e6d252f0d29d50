using System.Diagnostics;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Cli.Benchmarks;

/// <summary>Measures a package: loading, one sequence, several, chats.</summary>
internal static class ModelBenchmark
{
    private const int Loads = 3;

    /// <summary>Runs the chosen parts.</summary>
    /// <param name="package">The opened package.</param>
    /// <param name="options">What to measure.</param>
    /// <param name="progress">Receives the name of the part that begins.</param>
    /// <param name="cancellationToken">Stops the measurement.</param>
    public static async Task<BenchmarkReport> RunAsync(ModelPackage package, BenchmarkOptions options, Action<string> progress,
        CancellationToken cancellationToken)
    {
        var settings = options.Engine with { ContextLength = Math.Min(package.MaxPositions, package.ContextLength + options.NewTokens) };
        await EngineFactory.PrepareAsync(package, settings, NullLogger.Instance, TimeProvider.System, cancellationToken);
        progress("load");
        List<double> loads = [], firsts = [];
        IInferenceEngine? engine = null;
        for (var i = 0; i < Loads; i++)
        {
            engine?.Dispose();
            var start = Stopwatch.GetTimestamp();
            engine = EngineFactory.Create(package, settings, options.Concurrency * 2);
            loads.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            firsts.Add(EngineBenchmark.FirstToken(engine, cancellationToken));
        }

        using (engine)
        {
            if (engine!.Info.VocabularySize == 0)
            {
                if (options.Parts.Any(part => part != BenchmarkOptions.EmbedPart))
                    throw new NotSupportedException($"{package.Folder} has no language-model head: only --parts {BenchmarkOptions.EmbedPart} measures it.");
                options = options with { Parts = new HashSet<string> { BenchmarkOptions.EmbedPart } };
            }

            var report = new BenchmarkReport
            {
                Model = Path.GetFileName(package.Folder),
                Engine = $"{engine.Info.Name} {engine.Info.Version} {engine.Info.Device}",
                Threads = engine.Info.Threads.Threads,
                WeightBytesPerToken = WeightTraffic.BytesPerPass(package),
                CacheBytesPerToken = engine.Info.BytesPerToken,
                FirstLoadSeconds = loads[0],
                LoadSeconds = Quantiles.Median(loads.Skip(1)),
                LoadedFirstTokenSeconds = Quantiles.Median(firsts),
            };
            await RunPartsAsync(engine, package, options, report, progress, cancellationToken);
            using var process = Process.GetCurrentProcess();
            report.PeakMemoryBytes = process.PeakWorkingSet64;
            return report;
        }
    }

    private static async Task RunPartsAsync(IInferenceEngine engine, ModelPackage package, BenchmarkOptions options, BenchmarkReport report,
        Action<string> progress, CancellationToken cancellationToken)
    {
        var serving = new ServingBenchmark(engine, options, report);
        foreach (var part in BenchmarkOptions.AllParts.Where(options.Includes))
        {
            progress(part);
            switch (part)
            {
                case "single":
                    EngineBenchmark.MeasureSingle(engine, options, report, cancellationToken);
                    break;
                case "batch":
                    EngineBenchmark.MeasureBatches(engine, options, report, cancellationToken);
                    break;
                case "overhead":
                    await serving.MeasureOverheadAsync(cancellationToken);
                    break;
                case "lookup":
                    await serving.MeasureLookupAsync(cancellationToken);
                    break;
                case BenchmarkOptions.DraftPart:
                    using (var draft = EngineFactory.Create(options.Draft!, DraftPackage.OptionsOf(options.Draft!, options.Engine), 1))
                        await new DraftBenchmark(engine, draft, options, report).MeasureAsync(package, cancellationToken);
                    break;
                case "chats":
                    await serving.MeasureChatsAsync(cancellationToken);
                    break;
                case "admission":
                    await serving.MeasureAdmissionAsync(cancellationToken);
                    break;
                case "history":
                    await serving.MeasureHistoryAsync(cancellationToken);
                    break;
                case BenchmarkOptions.ContextPart:
                    ContextBenchmark.Measure(engine, options, report, progress, cancellationToken);
                    break;
                case BenchmarkOptions.EmbedPart:
                    await new EmbedBenchmark(engine, package.VocabSize, options).MeasureAsync(report, cancellationToken);
                    break;
                default:
                    await serving.MeasureSystemPromptAsync(cancellationToken);
                    break;
            }

            engine.Trim();
        }
    }
}
