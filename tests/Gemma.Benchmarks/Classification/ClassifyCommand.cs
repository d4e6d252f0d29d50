using System.CommandLine;
using Gemma.Conversion;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Packaging;
using Gemma.Runtime;
using Gemma.Runtime.Models;
using Spectre.Console;

namespace Gemma.Benchmarks.Classification;

/// <summary>
/// <c>classify</c>: tokens per second of a classifier, in shared passes, one text at a time, and with a graph that computes all logits; and of plain prefill.
/// </summary>
internal static class ClassifyCommand
{
    public static Command Create()
    {
        var package = new Option<string?>("--package")
        {
            Description = "A model package; default: random weights of --shape, converted to a temporary folder.",
        };
        var shape = new Option<string>("--shape") { Description = "2b or 7b.", DefaultValueFactory = _ => "2b" };
        var precision = new Option<ModelPrecision>("--precision")
        {
            Description = "The random weights' precision.",
            DefaultValueFactory = _ => ModelPrecision.Int4,
        };
        var blockSize = new Option<int>("--block-size") { Description = "Weights per scale.", DefaultValueFactory = _ => 32 };
        var texts = new Option<int>("--texts") { Description = "How many texts of 32 to 256 tokens.", DefaultValueFactory = _ => 64 };
        var threads = new Option<int>("--threads") { Description = "Threads of a pass; 0: one per core." };
        var command = new Command("classify", "Measures classification against plain prefill.") { package, shape, precision, blockSize, texts, threads };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var temporary = Directory.CreateTempSubdirectory("gemma-benchmark-").FullName;
            try
            {
                var folder = parsed.GetValue(package)
                    ?? await ConvertAsync(temporary, parsed.GetRequiredValue(shape), parsed.GetValue(precision), parsed.GetValue(blockSize), cancellationToken);
                await using var model = await GemmaModel.LoadAsync(folder, new GemmaModelOptions
                {
                    Engine = new() { Threads = parsed.GetValue(threads) },
                }, cancellationToken: cancellationToken);
                var measurement = new ClassifyMeasurement(model, RandomHead(model.Engine.HiddenSize), parsed.GetValue(texts));
                Print(await measurement.RunAsync(cancellationToken));
            }
            finally
            {
                Directory.Delete(temporary, recursive: true);
            }
        });
        return command;
    }

    private static async Task<string> ConvertAsync(string folder, string shape, ModelPrecision precision, int blockSize, CancellationToken cancellationToken)
    {
        var package = Path.Combine(folder, shape);
        using var random = RandomCheckpoint.Create(shape);
        await new CheckpointConverter()
            .ConvertTensorsAsync(random, random.Config, package, new ConversionOptions
            {
                Precision = precision,
                BlockSize = blockSize,
            }, null, cancellationToken);
        return package;
    }

    private static ClassificationHead RandomHead(int hiddenSize)
    {
        var random = new Random(1);
        float[] weight = [.. Enumerable.Range(0, 3 * hiddenSize).Select(_ => random.NextSingle() - 0.5f)];
        return new ClassificationHead(weight, null)
        {
            Name = "random",
            Kind = ClassificationHeadKind.Sequence,
            Labels = ["a", "b", "c"],
            ProblemType = ClassificationProblem.SingleLabel,
            PadTokenId = 0,
            HiddenSize = hiddenSize,
        };
    }

    private static void Print(IReadOnlyList<ClassifyFigure> figures)
    {
        var table = new Table().AddColumns("what", "tokens", "seconds", "tokens/s", "of plain prefill", "tokens per processor second");
        foreach (var figure in figures)
        {
            table.AddRow(figure.What, $"{figure.Tokens}", $"{figure.Time.TotalSeconds:F2}", $"{figure.TokensPerSecond:F1}",
                $"{figure.TokensPerSecond / figures[0].TokensPerSecond:F3}", $"{figure.Tokens / figure.Processor.TotalSeconds:F1}");
        }
        AnsiConsole.Write(table);
    }
}
