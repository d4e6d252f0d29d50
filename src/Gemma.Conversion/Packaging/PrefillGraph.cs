using Gemma.Conversion.Graph;
using Gemma.Conversion.Weights;
using Google.Protobuf;

namespace Gemma.Conversion.Packaging;

/// <summary>
/// Writes the second graph for prompts: w8a8, without lm_head, over the main graph's key-value cache. Graphs cannot share a weight file across folders, so it
/// has its own embedding.
/// </summary>
internal static class PrefillGraph
{
    private const string Folder = "prefill";

    public static void Write(string package, string modelFile, string dataFile, ConversionSource source, GemmaTensors tensors, ConversionOptions options,
        IProgress<ConversionProgress>? progress, CancellationToken cancellationToken)
    {
        if (options.Prefill is not { } precision) return;
        var folder = Directory.CreateDirectory(Path.Combine(package, Folder)).FullName;
        var plan = new WeightPlan();
        var graph = DecoderGraph.Build(source.Config.Plan, tensors, GraphSettings.Of(options with { Precision = precision, Calibration = null }), plan,
            dataFile, withLmHead: false);
        using (var stream = File.Create(Path.Combine(folder, modelFile))) graph.WriteTo(stream);
        WeightWriter.Write(Path.Combine(folder, dataFile), plan, source.Reader, null, progress, cancellationToken);
    }
}
