using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Gemma.Cli.Benchmarks;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Processors;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models;
using Spectre.Console;

namespace Gemma.Benchmarks.Engines;

/// <summary>
/// <c>matrices</c>: what a package's matrices take alone, in ONNX Runtime's operator, beside the whole pass over them and what reading them would take; in
/// turns. It tells how much of a pass is left to win outside the operator.
/// </summary>
internal static class MatricesCommand
{
    private const int PromptLength = 32;

    public static Command Create()
    {
        var package = new Argument<string>("PACKAGE") { Description = "A model package, int4 or int8." };
        var rows = new Option<int[]>("--rows")
        {
            Description = "Sequences of a pass.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [1, 8],
        };
        var steps = new Option<int>("--steps") { Description = "Passes of a measurement.", DefaultValueFactory = _ => 8 };
        var repeat = new Option<int>("--repeat") { Description = "Measurements; medians are printed.", DefaultValueFactory = _ => 9 };
        var command = new Command("matrices", "Measures a package's matrices alone beside whole passes.") { package, rows, steps, repeat };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var model = await ModelPackage.OpenAsync(parsed.GetRequiredValue(package), verify: false, cancellationToken);
            var counts = parsed.GetRequiredValue(rows);
            using var engine = EngineFactory.Create(model, new EngineOptions { Kind = GemmaEngine.OnnxRuntime, ContextLength = 1024 }, counts.Max());
            var table = new Table { Caption = new TableTitle("milliseconds to read the matrices, to multiply by them alone, and of a whole pass") }
                .AddColumns("rows", "GB", "read", "alone", "pass", "read/alone", "read/pass", "alone/pass");
            foreach (var count in counts)
                table.AddRow(Measure(model, engine, count, parsed.GetValue(steps), parsed.GetValue(repeat), cancellationToken));
            AnsiConsole.Write(table);
        });
        return command;
    }

    private static string[] Measure(ModelPackage model, IInferenceEngine engine, int count, int steps, int repetitions, CancellationToken cancellationToken)
    {
        using var matrices = new MatricesGraph(model.ModelPath, count, ThreadSettings.For(0, null));
        using var bandwidth = new MemoryBandwidth(engine.Info.Threads.Threads);
        IEngineSequence[] sequences = [.. Enumerable.Range(0, count).Select(_ => engine.CreateSequence())];
        try
        {
            engine.Run([.. sequences.Select((sequence, i) => new EngineInput(sequence, Prompt(i)))], cancellationToken);
            EngineInput[] inputs = [.. sequences.Select(sequence => new EngineInput(sequence, new[] { 5 }))];
            matrices.Run();
            engine.Run(inputs, cancellationToken);
            List<(double Reading, double Matrices, double Pass)> times = [];
            for (var i = 0; i < repetitions; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var reading = matrices.Bytes / bandwidth.Measure() * 1000;
                var alone = Milliseconds(steps, matrices.Run);
                times.Add((reading, alone, Milliseconds(steps, () => engine.Run(inputs, cancellationToken))));
            }

            string[] figures =
            [
                .. ((Func<(double Reading, double Matrices, double Pass), double>[])[time => time.Reading, time => time.Matrices, time => time.Pass])
                    .Select(figure => Text($"{Statistics.Median(times.Select(figure)):F1}")),
                .. ((Func<(double Reading, double Matrices, double Pass), double>[])
                        [time => time.Reading / time.Matrices, time => time.Reading / time.Pass, time => time.Matrices / time.Pass])
                    .Select(share => Text($"{Statistics.Median(times.Select(share)):F2}")),
            ];
            return [Text($"{count}"), Text($"{matrices.Bytes / 1e9:F2}"), .. figures];
        }
        finally
        {
            foreach (var sequence in sequences) sequence.Dispose();
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static int[] Prompt(int seed) => [.. Enumerable.Range(3 + seed, PromptLength)];

    private static double Milliseconds(int steps, Action pass)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < steps; i++) pass();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / steps;
    }
}
