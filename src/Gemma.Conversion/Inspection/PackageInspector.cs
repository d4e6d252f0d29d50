using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;

namespace Gemma.Conversion.Inspection;

/// <summary>Describes a model package.</summary>
internal static class PackageInspector
{
    /// <summary>Whether a folder is a package, of this library or of ONNX Runtime GenAI's builder.</summary>
    public static bool IsPackage(string path) => File.Exists(Path.Combine(path, "genai_config.json"));

    /// <param name="folder">The package.</param>
    /// <param name="context">Tokens of a sequence, or null for what the model was trained for.</param>
    /// <param name="verify">Whether to hash every file and compare with the manifest.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InvalidModelException">A file is missing, malformed or changed.</exception>
    public static async Task<ModelSummary> InspectAsync(string folder, int? context, bool verify, CancellationToken cancellationToken)
    {
        var package = await ModelPackage.OpenAsync(folder, verify, cancellationToken).ConfigureAwait(false);
        List<PrepackedManifest> prepacked = [];
        foreach (var (path, manifest) in PrepackedManifest.ReadAll(package.Folder))
        {
            if (verify)
                await PackageFolder.VerifyAsync(path, manifest.Files, everything: true, PrepackedManifest.Remedy, cancellationToken).ConfigureAwait(false);
            prepacked.Add(manifest);
        }

        var memory = MemoryEstimate.For(package, context);
        return new ModelSummary
        {
            Path = package.Folder,
            Format = package.Manifest?.SourceFormat,
            Manifest = package.Manifest,
            IsPackage = true,
            Config = package.Config,
            Parameters = package.Manifest?.Parameters,
            Heads = [.. package.Heads.Keys],
            ChatTemplate = Packaging.ChatTemplateFile.Describe(ChatTemplateFiles.Read(package.Folder)),
            Context = memory.ContextLength,
            KeyValueCacheBytes = memory.KeyValueCacheBytes,
            Sizes = [Size(package.Manifest?.Precision ?? "unknown")],
            Files = [.. package.Manifest?.Files.Select(file => new ModelFile(file.Path, file.Length, file.Sha256)) ?? ListFiles(package.Folder)],
            Prepacked = prepacked,
            Verified = verify && package.Manifest is not null,
        };

        PrecisionSize Size(string precision) => new(precision, WeightFileBytes(package), memory.TotalBytes, memory.MappedBytes);
    }

    private static long WeightFileBytes(ModelPackage package)
    {
        var data = new FileInfo(package.ModelPath + ".data");
        return data.Exists ? data.Length : new FileInfo(package.ModelPath).Length;
    }

    private static IEnumerable<ModelFile> ListFiles(string folder) =>
        Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(path => new ModelFile(Path.GetFileName(path), new FileInfo(path).Length, null));
}
