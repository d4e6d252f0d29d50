using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Gemma.Benchmarks.Serving;

/// <summary>
/// <c>mixed</c>: chats, calls, schemas, classifications, embeddings and scores at random through the services of an application, some cancelled, some read
/// slowly, the model unloaded in between; every survivor must equal its solo run, and nothing may grow.
/// </summary>
internal static class MixedCommand
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(1);

    // After 20 seconds without work the pool's extra threads end.
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var requests = new Option<int>("--requests") { Description = "Requests in all.", DefaultValueFactory = _ => 10_000 };
        var concurrency = new Option<int>("--concurrency") { Description = "Requests that are under way at the same time.", DefaultValueFactory = _ => 32 };
        var queue = new Option<int>("--queue") { Description = "The most requests that may wait.", DefaultValueFactory = _ => 16 };
        var cancelled = new Option<double>("--cancelled") { Description = "The share that is cancelled.", DefaultValueFactory = _ => 0.25 };
        var pause = new Option<int>("--pause") { Description = "Requests between two pauses in which the model is unloaded.", DefaultValueFactory = _ => 500 };
        var command = new Command("mixed", "Runs every kind of request at once against the repository's small models.") { requests, concurrency, queue,
            cancelled, pause };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = Directory.CreateTempSubdirectory("gemma-mixed-").FullName;
            try
            {
                await using var provider = await BuildAsync(folder, parsed.GetValue(concurrency), parsed.GetValue(queue), cancellationToken);
                var run = new MixedRun(provider, parsed.GetValue(concurrency), parsed.GetValue(queue), parsed.GetValue(cancelled));
                return await ReportAsync(run, parsed.GetValue(requests), parsed.GetValue(pause), cancellationToken);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private static async Task<ServiceProvider> BuildAsync(string folder, int concurrency, int queue, CancellationToken cancellationToken)
    {
        var models = Path.Combine(Repository.Root, "samples", "models");
        var options = new ConversionOptions { Precision = ModelPrecision.Fp32, Heads = [new HeadSource(Path.Combine(models, "topics"))] };
        var package = Path.Combine(folder, "tiny-gemma-it");
        await new CheckpointConverter().ConvertAsync(Path.Combine(models, "tiny-gemma-it"), package, options, null, cancellationToken);
        var services = new ServiceCollection();
        services.AddGemma(gemma =>
            (gemma.ModelPath, gemma.UnloadAfter, gemma.MaxConcurrentRequests, gemma.MaxQueueLength) = (package, IdleTime, Math.Max(1, concurrency - queue),
                queue));
        return services.BuildServiceProvider();
    }

    private static async Task<int> ReportAsync(MixedRun run, int requests, int pause, CancellationToken cancellationToken)
    {
        await run.PrepareAsync(cancellationToken);
        await run.RunAsync(requests / 10, pause, IdleTime * 3, cancellationToken);
        await Task.Delay(Settle, cancellationToken);
        var (memory, process, start) = (Settled(), ProcessState.Read(), Stopwatch.GetTimestamp());
        await run.RunAsync(requests - (requests / 10), pause, IdleTime * 3, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await Task.Delay(Settle, cancellationToken);
        var table = new Table().AddColumns(["request", .. Enum.GetNames<MixedOutcome>()]);
        foreach (var kind in Enum.GetValues<MixedKind>())
        {
            table.AddRow([kind.ToString(),
                .. Enum.GetValues<MixedOutcome>().Select(outcome => run.Count(kind, outcome).ToString(CultureInfo.InvariantCulture))]);
        }
        AnsiConsole.Write(table);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"{requests * 0.9 / seconds:0} requests/s; {run.Loads} loads; longest queue {run.LongestQueue} of {run.MaxQueueLength}");
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"after a tenth: {memory / 1e6:0.0} MB managed, {process}");
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"at the end: {Settled() / 1e6:0.0} MB managed, {ProcessState.Read()}");
        return run.Failures == 0 && run.LongestQueue <= run.MaxQueueLength ? 0 : 1;
    }

    private static long Settled() => GC.GetTotalMemory(forceFullCollection: true);

    private readonly record struct ProcessState(long ResidentBytes, int Threads)
    {
        public static ProcessState Read()
        {
            using var process = Process.GetCurrentProcess();
            return new ProcessState(process.WorkingSet64, process.Threads.Count);
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ResidentBytes / 1e6:0} MB resident, {Threads} threads");
    }
}
