using Gemma.Conversion.Graph;
using Gemma.Conversion.Weights;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Calibration;

/// <summary>Finds out what a model's projections see: converts it to a float graph, runs text through that and records every projection's input.</summary>
/// <param name="source">The checkpoint.</param>
/// <param name="tensors">Its tensors.</param>
/// <param name="folder">A folder for temporary files, which the caller removes: a float copy of the weights, then the recorded inputs.</param>
/// <param name="logger">Receives what the work will take.</param>
internal sealed partial class Calibrator(ConversionSource source, GemmaTensors tensors, string folder, ILogger logger)
{
    /// <summary>The calibration text that the model writes itself.</summary>
    public const string Self = "self";

    private const string ModelFile = "calibration.onnx";
    private const string DataFile = "calibration.onnx.data";
    private const int TextLength = 320;
    private const double Gigabyte = 1e9;

    /// <summary>Records the inputs of projections and lm_head.</summary>
    /// <param name="text">"self", or a text file.</param>
    /// <param name="seed">What the model's own text is drawn with.</param>
    /// <param name="inputs">The values to record.</param>
    /// <param name="progress">Receives progress out of 100.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InvalidModelException">The text cannot be used.</exception>
    /// <exception cref="GemmaException">The machine has too little memory.</exception>
    public ActivationStore Run(string text, int seed, IReadOnlyList<CalibratedInput> inputs, Func<int, int, CalibrationProgress> progress,
        CancellationToken cancellationToken)
    {
        var config = source.Config;
        if (text == Self && !config.Plan.IsCausal)
            throw new InvalidModelException(source.Path, "use_bidirectional_attention", "the model writes no text to calibrate with; give a text file");
        var length = Math.Min(TextLength, config.MaxPositionEmbeddings);
        var (model, data) = (Path.Combine(folder, ModelFile), Path.Combine(folder, DataFile));
        var plan = new WeightPlan();
        var graph = DecoderGraph.Build(config.Plan, tensors, GraphSettings.Float with { ShowsInputs = true }, plan, DataFile, withLmHead: text == Self);
        var cost = CalibrationCost.Estimate(config, plan.Length, inputs, length, text == Self ? SelfText.Rows * length : FileText.MaxTokens);
        cost.EnsureFits(source.Path, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        LogCost(source.Path, cost.MemoryBytes / Gigabyte, cost.DiskBytes / Gigabyte);
        using (var stream = File.Create(model)) graph.WriteTo(stream);
        WeightWriter.Write(data, plan, source.Reader, null, progress(0, 20), cancellationToken);

        var texts = text == Self
            ? SelfText.Write(model, config, length, seed, progress(20, 70), cancellationToken)
            : FileText.Read(text, source.Files, config, length);
        var store = new ActivationStore(folder);
        ActivationRecorder.Record(model, config, inputs, texts, store, progress(70, 100), cancellationToken);
        File.Delete(model);
        File.Delete(data);
        return store;
    }

    [LoggerMessage(1, LogLevel.Information, "Calibrating {Checkpoint}: about {Memory:0.00} GB of memory, {Disk:0.00} GB of temporary files beside the package")]
    private partial void LogCost(string checkpoint, double memory, double disk);
}
