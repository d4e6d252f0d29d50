using Gemma.Conversion.Weights;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Calibration;

/// <summary>Writes a package's weights after calibrating them.</summary>
internal static class CalibratedWeights
{
    /// <summary>Does a plan's work. Calibration runs on a float copy of the model in a temporary folder; it counts as much as the conversion.</summary>
    public static void Write(string path, WeightPlan plan, ConversionSource source, GemmaTensors tensors, ConversionOptions options, ILogger logger,
        IProgress<ConversionProgress>? progress, CancellationToken cancellationToken)
    {
        var folder = path + ".calibration";
        Directory.CreateDirectory(folder);
        try
        {
            var activations = new Calibrator(source, tensors, folder, logger)
                .Run(options.Calibration!, options.CalibrationSeed, plan.Inputs,
                    (from, to) => new CalibrationProgress(progress, plan.Work * from / 100, plan.Work * (to - from) / 100, plan.Work * 2), cancellationToken);
            WeightWriter.Write(path, plan, source.Reader, activations, new CalibrationProgress(progress, plan.Work, plan.Work, plan.Work * 2),
                cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
