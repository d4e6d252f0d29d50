using System.Text.RegularExpressions;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Json;

namespace Gemma.Conversion.Checkpoints;

/// <summary>Says what a folder without weights is, and what to give instead: people pass what they have.</summary>
internal static partial class FolderDiagnosis
{
    private const string Nothing =
        "the folder holds no weights (model.safetensors, pytorch_model.bin, flax_model.msgpack, one .ckpt file, an index of shards, or an Orbax checkpoint)";
    private const string Snapshots = "snapshots";

    private static readonly string[] KerasFiles = ["*.h5", "*.keras"];

    /// <summary>The cause and the remedy.</summary>
    public static string Describe(string folder)
    {
        string[] names = [.. Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        if (names.Contains(LoraConfig.FileName))
            return $"this is an adapter, not a whole model; convert its base model{BaseModel(folder)} with --lora {folder}";
        if (names.FirstOrDefault(name => name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) is { } gguf)
            return $"the folder holds GGUF files; name one, such as {Path.Combine(folder, gguf)}";
        if (names.FirstOrDefault(name => Shard().IsMatch(name)) is { } shard)
            return $"the folder holds shards ({shard}), but not the index that names them ({Shard().Replace(shard, "$1$3")}.index.json); download it too";
        if (KerasFiles.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern)).FirstOrDefault() is { } keras)
        {
            return $"these are weights of Keras ({Path.GetFileName(keras)}), which are not read; export them with Keras Hub (export_to_transformers), or "
                + $"take the model's safetensors files";
        }
        if (Directory.Exists(Path.Combine(folder, Snapshots))) return HubModel(folder);
        if (Directory.EnumerateDirectories(folder, "models--*").Order(StringComparer.Ordinal).FirstOrDefault() is { } model)
            return $"this is the cache of the Hugging Face hub; {HubModel(model)}";
        if (names.FirstOrDefault(name => name.EndsWith(".safetensors", StringComparison.Ordinal)) is { } other)
            return $"{Nothing}; if {other} are the weights, name that file";
        return Nothing;
    }

    private static string HubModel(string folder) =>
        Directory.Exists(Path.Combine(folder, Snapshots))
            && Directory.EnumerateDirectories(Path.Combine(folder, Snapshots)).Order(StringComparer.Ordinal).FirstOrDefault() is { } snapshot
            ? $"the model is in the folder of its revision: convert {snapshot}"
            : $"{Nothing}; the hub's cache has no revision of the model here";

    // Only to name it: an adapter's own errors come when it is opened.
    private static string BaseModel(string folder)
    {
        using var document = JsonSection.Load(Path.Combine(folder, LoraConfig.FileName));
        return JsonSection.Root(folder, document).Text("base_model_name_or_path") is { Length: > 0 } name ? $" ({name})" : string.Empty;
    }

    [GeneratedRegex(@"\A(.+)(-\d{5}-of-\d{5})(\.[a-z]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shard();
}
