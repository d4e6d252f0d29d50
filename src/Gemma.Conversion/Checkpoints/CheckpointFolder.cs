using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Checkpoints;

/// <summary>A checkpoint on disk: its tensors and the folder with its configuration and tokenizer.</summary>
public sealed class CheckpointFolder : IDisposable
{
    private CheckpointFolder(string path, string folder, CheckpointReader reader)
    {
        Path = path;
        Folder = folder;
        Reader = reader;
    }

    /// <summary>What was opened: a folder or a weight file.</summary>
    public string Path { get; }

    /// <summary>The folder with configuration and tokenizer files.</summary>
    public string Folder { get; }

    /// <summary>The tensors.</summary>
    public CheckpointReader Reader { get; }

    /// <summary>Opens a checkpoint; the format is found from the content.</summary>
    /// <param name="path">A folder, or one weight file.</param>
    /// <param name="logger">Receives what was chosen where there is a choice.</param>
    /// <exception cref="InvalidModelException">Nothing is there, or it is malformed.</exception>
    public static CheckpointFolder Open(string path, ILogger? logger = null)
    {
        path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(path)) throw new InvalidModelException(path, null, "the checkpoint folder does not exist");
        var index = System.IO.Path.Combine(path, SafetensorsReader.IndexFile);
        var single = System.IO.Path.Combine(path, SafetensorsReader.SingleFile);
        if (File.Exists(index)) return new CheckpointFolder(path, path, SafetensorsReader.OpenIndex(index));
        if (File.Exists(single)) return new CheckpointFolder(path, path, SafetensorsReader.OpenFile(single));
        throw new InvalidModelException(path, null, "the folder holds no weights (model.safetensors or its index)");
    }

    /// <summary>Reads the configuration.</summary>
    /// <param name="configPath">A file to use instead of the folder's, or null.</param>
    public GemmaConfig LoadConfig(string? configPath) => GemmaConfig.Load(configPath ?? System.IO.Path.Combine(Folder, "config.json"));

    /// <inheritdoc/>
    public void Dispose() => Reader.Dispose();
}
