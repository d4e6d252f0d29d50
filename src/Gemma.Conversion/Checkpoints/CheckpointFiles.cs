using Gemma.Conversion.Checkpoints.Flax;
using Gemma.Conversion.Checkpoints.Safetensors;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Checkpoints.Torch;

namespace Gemma.Conversion.Checkpoints;

/// <summary>A weight file or an index of weight files, and how it is opened.</summary>
/// <param name="Path">The file.</param>
/// <param name="Container">The container's name.</param>
/// <param name="OpenFile">Opens one file of the container.</param>
internal sealed record CheckpointFiles(string Path, string Container, Func<string, TensorArchive> OpenFile)
{
    private const string IndexSuffix = ".index.json";

    /// <summary>The candidates of a folder, the preferred one first: a whole file goes before shards, as in transformers, and safetensors before anything else.</summary>
    /// <exception cref="InvalidModelException">Several <c>.ckpt</c> files are there.</exception>
    public static IReadOnlyList<CheckpointFiles> Find(string folder)
    {
        string[] names = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json", "flax_model.msgpack", "flax_model.msgpack.index.json"];
        List<CheckpointFiles> found = [.. names.Select(name => System.IO.Path.Combine(folder, name)).Where(File.Exists).Select(Of)];
        var google = Directory.EnumerateFiles(folder, "*.ckpt").Order(StringComparer.Ordinal).ToList();
        if (found.Count == 0 && google.Count > 1) throw new InvalidModelException(folder, null, $"the folder holds {google.Count} .ckpt files; name the one to convert");
        if (google is [var single]) found.Add(Of(single));
        return found;
    }

    /// <summary>How a file is opened, by its name.</summary>
    public static CheckpointFiles Of(string path)
    {
        var name = path.EndsWith(IndexSuffix, StringComparison.OrdinalIgnoreCase) ? path[..^IndexSuffix.Length] : path;
        return System.IO.Path.GetExtension(name).ToUpperInvariant() switch
        {
            ".SAFETENSORS" => new CheckpointFiles(path, "safetensors", SafetensorsFile.Open),
            ".MSGPACK" => new CheckpointFiles(path, StoredTensorReader.FlaxFormat, FlaxFile.Open),
            _ => new CheckpointFiles(path, "torch", TorchFile.Open),
        };
    }

    /// <summary>Opens the file, or the shards that the index names.</summary>
    public CheckpointReader Open(string shown) =>
        StoredTensorReader.Create(shown, Container, Path.EndsWith(IndexSuffix, StringComparison.OrdinalIgnoreCase) ? ShardedArchive.Open(Path, OpenFile) : OpenFile(Path));
}
