using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Gemma.Conversion;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;

namespace Gemma.Benchmarks.Quantization;

/// <summary><c>conversion</c>: seconds and peak memory of converting a shape's random weights, or a checkpoint.</summary>
internal static class ConversionCommand
{
    public static Command Create()
    {
        var shape = new Option<string>("--shape") { Description = "2b or 7b.", DefaultValueFactory = _ => "2b" };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "A checkpoint folder instead of random weights." };
        var precision = new Option<ModelPrecision>("--precision") { Description = "The package's precision.", DefaultValueFactory = _ => ModelPrecision.Int4 };
        var blockSize = new Option<int>("--block-size") { Description = "Weights per scale.", DefaultValueFactory = _ => 32 };
        var zeroPoints = new Option<bool>("--zero-points") { Description = "Give every block a zero point." };
        var output = new Option<string>("--output")
        {
            Description = "A folder for the package, which is removed at the end.",
            DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "gemma-conversion"),
        };
        var command = new Command("conversion", "Measures the time and memory of a conversion.") { shape, checkpoint, precision, blockSize, zeroPoints,
            output };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(shape),
            parsed.GetValue(checkpoint),
            new ConversionOptions
            {
                Precision = parsed.GetValue(precision),
                BlockSize = parsed.GetValue(blockSize),
                ZeroPoints = parsed.GetValue(zeroPoints),
                Overwrite = true,
            },
            parsed.GetRequiredValue(output),
            cancellationToken));
        return command;
    }

    private static async Task RunAsync(string shape, string? checkpoint, ConversionOptions options, string output, CancellationToken cancellationToken)
    {
        using var process = Process.GetCurrentProcess();
        var start = Stopwatch.GetTimestamp();
        if (checkpoint is not null)
        {
            await new CheckpointConverter().ConvertAsync(checkpoint, output, options, null, cancellationToken);
        }
        else
        {
            using var random = RandomCheckpoint.Create(shape);
            await new CheckpointConverter().ConvertTensorsAsync(random, random.Config, output, options, null, cancellationToken);
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        var bytes = Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Directory.Delete(output, recursive: true);
        process.Refresh();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{checkpoint ?? shape} to {options.Precision} block {options.BlockSize}: {elapsed.TotalSeconds:F1} s, peak "
                + $"resident {process.PeakWorkingSet64 / 1e9:F2} GB, processor {process.TotalProcessorTime.TotalSeconds:F0} s, package {bytes / 1e9:F2} GB"));
    }
}
