using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Quantization;

namespace Gemma.Conversion.Weights;

/// <summary>Fills a weight file, over all cores.</summary>
internal static class WeightWriter
{
    /// <summary>Does the work of a plan; what waits for calibration is done input by input.</summary>
    /// <param name="path">The file to create.</param>
    /// <param name="plan">The work.</param>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="calibration">What the quantizers of waiting work go by, if there is any.</param>
    /// <param name="progress">Receives progress, from several threads.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static void Write(string path, WeightPlan plan, CheckpointReader reader, ICalibration? calibration, IProgress<ConversionProgress>? progress,
        CancellationToken cancellationToken)
    {
        using var file = new WeightFile(path, plan.Length);
        var done = 0L;
        progress?.Report(new ConversionProgress(0, plan.Work));
        Run(plan.Tasks);
        foreach (var input in plan.Inputs)
        {
            if (input.Tasks.Count == 0) continue;
            using var quantizers = calibration!.Open(input.Name, input.Width, cancellationToken);
            input.Quantizers = quantizers;
            Run(input.Tasks);
            input.Quantizers = null;
        }

        file.Flush();

        void Run(IReadOnlyList<WeightTask> tasks) => ParallelWork.Run(
            tasks,
            task =>
            {
                task.Run(reader, file);
                progress?.Report(new ConversionProgress(Interlocked.Add(ref done, task.Work), plan.Work));
            },
            cancellationToken);
    }
}
