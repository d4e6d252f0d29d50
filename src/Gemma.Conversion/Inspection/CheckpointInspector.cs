using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Graph;
using Gemma.Conversion.Heads;
using Gemma.Conversion.Packaging;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Inspection;

/// <summary>Describes a checkpoint. Sizes are those of the packages that a conversion would plan.</summary>
internal static class CheckpointInspector
{
    /// <param name="path">A folder or a weight file.</param>
    /// <param name="context">Tokens of a sequence, or null for what the model was trained for.</param>
    /// <param name="verify">Whether to read all files: stored checksums are compared, hashes computed.</param>
    /// <param name="logger">Receives what was chosen where there is a choice.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InvalidModelException">The checkpoint is missing, malformed or inconsistent.</exception>
    public static async Task<ModelSummary> InspectAsync(string path, int? context, bool verify, ILogger logger, CancellationToken cancellationToken)
    {
        using var checkpoint = CheckpointFolder.Open(path, logger);
        var config = checkpoint.LoadConfig(null);
        var tensors = GemmaTensors.Open(config, checkpoint.Reader, checkpoint.Path);
        var heads = new HeadCollector(new ConversionSource(checkpoint.Reader, config, checkpoint.Path, checkpoint.Files), tensors, logger)
            .Collect([], cancellationToken);
        if (verify) checkpoint.Reader.Verify(cancellationToken);
        var tokens = context ?? config.MaxPositionEmbeddings;
        var cache = config.Plan.KeyValueLayout.Elements(tokens) * sizeof(float);
        return new ModelSummary
        {
            Path = checkpoint.Path,
            Format = checkpoint.Reader.Format,
            IsPackage = false,
            Config = config,
            Parameters = tensors.CountParameters(heads),
            DataTypes = [.. tensors.Backbone.GroupBy(tensor => tensor.Blocks ?? tensor.DataType.ToString().ToLowerInvariant())
                .OrderByDescending(group => group.Sum(tensor => tensor.ElementCount)).Select(group => group.Key)],
            Heads = [.. heads.Select(head => head.Name)],
            ChatTemplate = ChatTemplateFile.Describe(checkpoint.Files.ReadTemplates()),
            Context = tokens,
            KeyValueCacheBytes = cache,
            Sizes = [.. PrecisionTraits.All.Where(row => row.Weights != WeightEncoding.AsStored || checkpoint.Reader.KeepsPrecision)
                .Select(row => Size(checkpoint.Reader, config, tensors, row, cache))],
            DefaultPrecision = PrecisionTraits.Of(new ConversionOptions().For(checkpoint.Reader.KeepsPrecision).Precision!.Value).Name,
            Files = await FilesAsync(checkpoint, verify, cancellationToken).ConfigureAwait(false),
            Verified = verify,
        };
    }

    private static PrecisionSize Size(CheckpointReader reader, GemmaConfig config, GemmaTensors tensors, PrecisionTraits precision, long cacheBytes)
    {
        var plan = new WeightPlan();
        var options = new ConversionOptions { Precision = precision.Precision }.For(reader);
        DecoderGraph.Build(config.Plan, tensors, GraphSettings.Of(options), plan, "model.onnx.data", config.HasLmHead);

        // A graph for the CPU computes in float, so 16-bit weights are widened when they are loaded.
        var widened = PrecisionTraits.Of(options.Precision!.Value).IsHalf
            ? plan.Length - plan.MappedBytes
            : plan.Storage.Where(matrix => PrecisionTraits.Find(matrix.Stored) is { IsHalf: true }).Sum(matrix => matrix.Bytes);
        return new PrecisionSize(precision.Name, plan.Length, plan.Length - plan.MappedBytes + widened + cacheBytes, plan.MappedBytes);
    }

    private static async Task<IReadOnlyList<ModelFile>> FilesAsync(CheckpointFolder checkpoint, bool hash, CancellationToken cancellationToken)
    {
        List<ModelFile> files = [];
        foreach (var path in checkpoint.Reader.Files.Order(StringComparer.Ordinal))
        {
            files.Add(new ModelFile(Path.GetRelativePath(checkpoint.Folder, path).Replace(Path.DirectorySeparatorChar, '/'), new FileInfo(path).Length, hash
                ? await PackageFolder.HashFileAsync(path, cancellationToken).ConfigureAwait(false)
                : null));
        }

        return files;
    }
}
