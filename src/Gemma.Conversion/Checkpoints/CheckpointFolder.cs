using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Conversion.Checkpoints.Google;
using Gemma.Conversion.Checkpoints.Orbax;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Conversion.Checkpoints;

/// <summary>A checkpoint on disk: its tensors and the folder with its configuration and tokenizer.</summary>
public sealed partial class CheckpointFolder : IDisposable
{
    private const string ConfigFile = "config.json";

    private readonly GgufModel? _model;

    private CheckpointFolder(string path, string folder, CheckpointReader reader)
    {
        Path = path;
        Folder = folder;
        Reader = reader;
        Files = new FolderFiles(folder);
    }

    private CheckpointFolder(string path, GgufModel model)
    {
        Path = path;
        Folder = System.IO.Path.GetDirectoryName(path)!;
        Reader = model.Reader;
        Files = model.Files;
        _model = model;
    }

    /// <summary>What was opened: a folder or a weight file.</summary>
    public string Path { get; }

    /// <summary>The folder with the weights, and with configuration and tokenizer files unless the weight file brings them.</summary>
    public string Folder { get; }

    /// <summary>The tensors.</summary>
    public CheckpointReader Reader { get; }

    /// <summary>Tokenizer, chat template and generation settings.</summary>
    internal ModelFiles Files { get; }

    /// <summary>Opens a checkpoint; the format is found from the content.</summary>
    /// <param name="path">A folder, a GGUF file (the first one if the model was split), or one weight file or index of weight files.</param>
    /// <param name="logger">Receives what was chosen where there is a choice.</param>
    /// <exception cref="InvalidModelException">Nothing is there, or it is malformed.</exception>
    public static CheckpointFolder Open(string path, ILogger? logger = null) => Open(path, null, logger);

    /// <summary>Opens a checkpoint whose configuration may lie elsewhere.</summary>
    internal static CheckpointFolder Open(string path, string? configPath, ILogger? logger)
    {
        path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (GgufModel.IsGguf(path)) return OpenGguf(path, logger ?? NullLogger.Instance);
        if (File.Exists(path)) return new CheckpointFolder(path, System.IO.Path.GetDirectoryName(path)!, CheckpointFiles.Of(path).Open(path));
        if (!Directory.Exists(path)) throw new InvalidModelException(path, null, "the checkpoint does not exist");
        var candidates = CheckpointFiles.Find(path);
        if (candidates is [] && OrbaxCheckpoint.FindRoot(path) is { } root)
            return new CheckpointFolder(path, path, StoredTensorReader.OpenOrbax(path, root, Plan(configPath ?? System.IO.Path.Combine(path, ConfigFile))));
        if (candidates is []) throw new InvalidModelException(path, null, FolderDiagnosis.Describe(path));
        if (candidates.Count > 1)
        {
            LogChoice(logger
                ?? NullLogger.Instance, path, string.Join(", ", candidates.Select(candidate => System.IO.Path.GetFileName(candidate.Path))),
                System.IO.Path.GetFileName(candidates[0].Path));
        }
        return new CheckpointFolder(path, path, candidates[0].Open(path));
    }

    /// <summary>Reads the configuration; a GGUF file brings its own, and that of a Google checkpoint without one is made from its tensors.</summary>
    /// <param name="configPath">A file to use instead of the folder's, or null.</param>
    /// <exception cref="InvalidModelException">The file is missing, malformed, of another family or inconsistent.</exception>
    public GemmaConfig LoadConfig(string? configPath)
    {
        if (configPath is null && _model is not null) return _model.Config;
        var path = configPath ?? System.IO.Path.Combine(Folder, ConfigFile);
        var derived = configPath is null && Reader.Format == StoredTensorReader.GoogleFormat && !File.Exists(path);
        return derived ? GoogleConfig.Derive(Path, Reader) : GemmaConfig.Load(path);
    }

    /// <inheritdoc/>
    public void Dispose() => Reader.Dispose();

    // Google's names do not say everything: the embedding has more rows than tokens, norms have other names in other families.
    private static DecoderPlan? Plan(string config) => File.Exists(config) ? GemmaConfig.Load(config).Plan : null;

    private static CheckpointFolder OpenGguf(string path, ILogger logger)
    {
        var model = GgufModel.Open(path);
        if (model.UnknownTensors is [var first, ..]) LogUnknown(logger, path, model.UnknownTensors.Count, first);
        return new CheckpointFolder(path, model);
    }

    [LoggerMessage(2, LogLevel.Warning, "{Checkpoint} holds {Count} tensors that no supported model has, {First} among them; they are not used")]
    private static partial void LogUnknown(ILogger logger, string checkpoint, int count, string first);

    [LoggerMessage(1, LogLevel.Warning, "{Checkpoint} holds weights more than once ({Candidates}); {Chosen} is used, name the file to take another")]
    private static partial void LogChoice(ILogger logger, string checkpoint, string candidates, string chosen);
}
