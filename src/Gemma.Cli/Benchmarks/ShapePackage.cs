using System.Globalization;
using Gemma.Conversion;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Benchmarks;

/// <summary>A package of random weights in the shape of a released model: its speed is the model's, and nothing is downloaded.</summary>
internal static class ShapePackage
{
    /// <summary>The package's folder; it is converted once and kept.</summary>
    public static string FolderOf(string parent, string shape, ConversionOptions options)
    {
        var precision = PrecisionTraits.Of(options.Precision!.Value);
        var block = precision.HasBlockSettings ? string.Create(CultureInfo.InvariantCulture, $"-{options.BlockSize}") : "";
        var target = options.Target == ConversionTarget.Cpu ? "" : "-cuda";
        var extras = (options.Prefill is null ? "" : "-prefill") + (options.Prepack ? "-prepacked" : "");
        return Path.Combine(parent, $"gemma-{shape}-random-{precision.Name}{block}{target}{extras}");
    }

    public static async Task CreateAsync(string folder, string shape, ConversionOptions options, IProgress<ConversionProgress>? progress,
        CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        using var checkpoint = RandomCheckpoint.Create(shape);
        await new CheckpointConverter().ConvertTensorsAsync(checkpoint, checkpoint.Config, folder, options, progress, cancellationToken);
    }
}
