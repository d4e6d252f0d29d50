using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Heads;

/// <summary>Finds and checks all heads of a conversion: the checkpoint's own and those that are put over its backbone.</summary>
internal sealed class HeadCollector(ConversionSource source, GemmaTensors tensors, ILogger logger)
{
    /// <summary>The name of a classifier checkpoint's own head.</summary>
    public const string OwnName = "default";

    private const string ScoreOnlyFile = "score.safetensors";

    private readonly List<ClassificationHead> _heads = [];

    /// <summary>Reads the heads.</summary>
    /// <exception cref="InvalidModelException">A head is malformed or belongs to another backbone.</exception>
    public IReadOnlyList<ClassificationHead> Collect(IReadOnlyList<HeadSource> extra, CancellationToken cancellationToken)
    {
        if (IsClassifier(source.Config)) _heads.Add(ScoreReader.Read(source.Reader, source.Config, source.Path, OwnName));
        foreach (var head in extra) _heads.Add(Read(head, cancellationToken));
        return _heads;
    }

    private static bool IsClassifier(GemmaConfig config) =>
        config.Architecture is GemmaArchitecture.SequenceClassification or GemmaArchitecture.TokenClassification;

    private ClassificationHead Read(HeadSource head, CancellationToken cancellationToken)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(head.Path));
        if (!Directory.Exists(folder)) throw new InvalidModelException(folder, null, "the head's folder does not exist");
        var name = head.Name ?? Path.GetFileName(folder);
        if (!HeadFolder.IsValidName(name))
        {
            throw new InvalidModelException(folder, "name",
                $"'{name}' cannot name a head; use up to 64 ASCII letters, digits, '.', '-' and '_' (--head FOLDER=name)");
        }
        if (_heads.Exists(other => other.Name == name))
            throw new InvalidModelException(folder, "name", $"the package has a head named '{name}' already; give another name (--head FOLDER=name)");

        var configPath = Path.Combine(folder, "config.json");
        var own = GemmaConfig.Load(configPath);
        if (!IsClassifier(own))
        {
            throw new InvalidModelException(configPath, "architectures",
                "this is no classifier; a head comes from GemmaForSequenceClassification or GemmaForTokenClassification");
        }
        BackboneComparison.CheckConfig(configPath, own, source.Config);
        if (IsScoreOnly(folder))
        {
            var file = Path.Combine(folder, ScoreOnlyFile);
            using var score = CheckpointFolder.Open(file, logger);
            return ScoreReader.Read(score.Reader, own, file, name);
        }

        using var checkpoint = CheckpointFolder.Open(folder, logger);
        var result = ScoreReader.Read(checkpoint.Reader, own, folder, name);
        BackboneComparison.CheckWeights(folder, (GemmaTensors.Open(own, checkpoint.Reader, folder), checkpoint.Reader), (tensors, source.Reader),
            cancellationToken);
        return result;
    }

    private static bool IsScoreOnly(string folder) => CheckpointFiles.Find(folder) is [] && File.Exists(Path.Combine(folder, ScoreOnlyFile));
}
