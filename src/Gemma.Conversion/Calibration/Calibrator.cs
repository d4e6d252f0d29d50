using Gemma.Conversion.Graph;
using Gemma.Conversion.Packaging;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;
using Google.Protobuf;

namespace Gemma.Conversion.Calibration;

/// <summary>Finds out what a model's projections see: converts it to a float graph, runs text through that and records every projection's input.</summary>
/// <param name="source">The checkpoint.</param>
/// <param name="tensors">Its tensors.</param>
/// <param name="folder">A folder for temporary files, which the caller removes: a float copy of the weights, then the recorded inputs.</param>
internal sealed class Calibrator(ConversionSource source, GemmaTensors tensors, string folder)
{
    /// <summary>The calibration text that the model writes itself.</summary>
    public const string Self = "self";

    private const string ModelFile = "calibration.onnx";
    private const string DataFile = "calibration.onnx.data";
    private const int TextLength = 320;

    /// <summary>Records the inputs of every projection.</summary>
    /// <param name="text">"self", or a text file.</param>
    /// <param name="progress">Receives progress out of 100.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InvalidModelException">The text cannot be used.</exception>
    public ActivationStore Run(string text, Func<int, int, CalibrationProgress> progress, CancellationToken cancellationToken)
    {
        var config = source.Config;
        var (model, data) = (Path.Combine(folder, ModelFile), Path.Combine(folder, DataFile));
        var plan = new WeightPlan();
        var graph = GemmaGraph.Build(config, tensors, GraphSettings.Float with { ShowsInputs = true }, plan, DataFile, withHead: text == Self);
        using (var stream = File.Create(model)) graph.WriteTo(stream);
        WeightWriter.Write(data, plan, source.Reader, null, progress(0, 20), cancellationToken);

        var headSize = new HeadPadding(config).Size;
        var texts = text == Self
            ? SelfText.Write(model, config, headSize, Math.Min(TextLength, config.MaxPositionEmbeddings), progress(20, 70), cancellationToken)
            : FileText.Read(text, source.Folder, config, Math.Min(TextLength, config.MaxPositionEmbeddings));
        var store = new ActivationStore(folder);
        ActivationRecorder.Record(model, config, headSize, plan.Inputs, texts, store, progress(70, 100), cancellationToken);
        File.Delete(model);
        File.Delete(data);
        return store;
    }
}
