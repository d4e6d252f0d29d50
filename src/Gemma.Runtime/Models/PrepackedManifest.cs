using System.Text.Json.Serialization;

namespace Gemma.Runtime.Models;

/// <summary>What <c>prepacked.json</c> records about packed weights beside a package: which library packed what for which processor.</summary>
internal sealed record PrepackedManifest
{
    /// <summary>The folder, inside a package, with one folder per library, processor and content.</summary>
    public const string FolderName = "prepacked";

    /// <summary>The manifest's file name.</summary>
    public const string FileName = "prepacked.json";

    /// <summary>How the name of a folder ends that is still being written.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>What to do about a damaged folder.</summary>
    public const string Remedy = "delete its folder, the package does without it";

    /// <summary>The format's version.</summary>
    /// <value>1.</value>
    public int Schema { get; init; } = 1;

    /// <summary>The library and its version, such as "onnxruntime 1.31.1".</summary>
    public required string Library { get; init; }

    /// <summary>The processor and the instruction sets that decide the layout.</summary>
    public required string Processor { get; init; }

    /// <summary>The package's files that were packed.</summary>
    public required IReadOnlyList<PackageFile> Sources { get; init; }

    /// <summary>Every file but this one.</summary>
    public required IReadOnlyList<PackageFile> Files { get; init; }

    /// <summary>The length of all files, in bytes.</summary>
    [JsonIgnore]
    public long Bytes => Files.Sum(file => file.Length);

    /// <summary>All packed weights of a package with their folders, whatever library and processor they are for.</summary>
    /// <exception cref="InvalidModelException">A manifest is malformed.</exception>
    public static IEnumerable<(string Folder, PrepackedManifest Manifest)> ReadAll(string package)
    {
        var root = Path.Combine(package, FolderName);
        if (!Directory.Exists(root)) yield break;
        foreach (var folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            if (Read(folder) is { } manifest) yield return (folder, manifest);
        }
    }

    /// <summary>The manifest of one folder, or null where it is missing: the folder is not complete.</summary>
    /// <exception cref="InvalidModelException">It is malformed.</exception>
    public static PrepackedManifest? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (folder.EndsWith(TemporarySuffix, StringComparison.Ordinal)
            || ManifestFile.Read(path, ModelJsonContext.Default.PrepackedManifest, manifest => manifest.Schema, Remedy) is not { } manifest) return null;
        ManifestFile.EnsureItems(path, "sources", manifest.Sources, Remedy);
        ManifestFile.EnsureItems(path, "files", manifest.Files, Remedy);
        return manifest;
    }
}
