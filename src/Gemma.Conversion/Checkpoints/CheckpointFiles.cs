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
    private const string IndexMark = ".index.";
    private const string IndexExtension = ".json";

    private static readonly string[] Names = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
        "flax_model.msgpack", "flax_model.msgpack.index.json"];

    /// <summary>
    /// The candidates of a folder, the preferred one first: a whole file goes before shards, as in transformers, and safetensors before anything else.
    /// </summary>
    /// <exception cref="InvalidModelException">Several variants, or several <c>.ckpt</c> files, are there.</exception>
    public static IReadOnlyList<CheckpointFiles> Find(string folder)
    {
        List<CheckpointFiles> found = [.. Names.Select(name => System.IO.Path.Combine(folder, name)).Where(File.Exists).Select(Of)];
        if (found.Count == 0) found.AddRange(FindVariant(folder));
        var google = Directory.EnumerateFiles(folder, "*.ckpt").Order(StringComparer.Ordinal).ToList();
        if (found.Count == 0 && google.Count > 1)
            throw new InvalidModelException(folder, null, $"the folder holds {google.Count} .ckpt files; name the one to convert");
        if (google is [var single]) found.Add(Of(single));
        return found;
    }

    /// <summary>How a file is opened, by its name.</summary>
    public static CheckpointFiles Of(string path)
    {
        var name = IndexedName(path) ?? path;
        return System.IO.Path.GetExtension(name).ToUpperInvariant() switch
        {
            ".SAFETENSORS" => new CheckpointFiles(path, "safetensors", SafetensorsFile.Open),
            ".MSGPACK" => new CheckpointFiles(path, StoredTensorReader.FlaxFormat, FlaxFile.Open),
            _ => new CheckpointFiles(path, "torch", TorchFile.Open),
        };
    }

    /// <summary>Opens the file, or the shards that the index names.</summary>
    public CheckpointReader Open(string shown) =>
        StoredTensorReader.Create(shown, Container, IndexedName(Path) is not null ? ShardedArchive.Open(Path, OpenFile) : OpenFile(Path));

    // transformers puts a variant's name before the last extension: model.fp16.safetensors, model.safetensors.index.fp16.json.
    private static IEnumerable<CheckpointFiles> FindVariant(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder).Select(file => System.IO.Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        var found = Names.SelectMany(name => files.Select(file => (File: file, Variant: Variant(file, name)))).Where(candidate => candidate.Variant is not null)
            .ToList();
        string[] variants = [.. found.Select(candidate => candidate.Variant!).Distinct()];
        if (variants.Length > 1)
        {
            throw new InvalidModelException(folder, null,
                $"the folder holds the weights in several variants ({string.Join(", ", variants)}); name the file to convert");
        }
        return found.Select(candidate => Of(System.IO.Path.Combine(folder, candidate.File)));
    }

    private static string? Variant(string file, string name)
    {
        var extension = System.IO.Path.GetExtension(name);
        var start = name[..^extension.Length] + ".";
        if (file.Length <= start.Length + extension.Length
            || !file.StartsWith(start, StringComparison.Ordinal)
            || !file.EndsWith(extension, StringComparison.Ordinal)) return null;
        var variant = file[start.Length..^extension.Length];
        return variant.Contains('.', StringComparison.Ordinal) || variant.Contains("-of-", StringComparison.Ordinal) ? null : variant;
    }

    // What an index of shards, of a variant or not, stands for; null for anything else.
    private static string? IndexedName(string path)
    {
        var mark = path.LastIndexOf(IndexMark, StringComparison.OrdinalIgnoreCase);
        return mark >= 0 && path.EndsWith(IndexExtension, StringComparison.OrdinalIgnoreCase) && path.AsSpan(mark).IndexOfAny('/', '\\') < 0
            ? path[..mark]
            : null;
    }
}
