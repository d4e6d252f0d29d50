using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Gemma.Runtime.Engines.Native;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Engines.OnnxRuntime.Prepacking;

/// <summary>
/// Where the packed weights of a package lie for this library and processor: a folder of their own, so that machines that share a package, and an old and a new
/// version of an application, do not take each other's away.
/// </summary>
internal sealed class PrepackedFolder
{
    private readonly ModelPackage _package;

    private PrepackedFolder(ModelPackage package, IReadOnlyList<PackageFile> sources)
    {
        _package = package;
        Sources = sources;
        Library = $"onnxruntime {OnnxRuntimeLibrary.Load().Version}";
        Processor = ProcessorName.Describe();
        var content = $"{Library}\n{Processor}\n{string.Join('\n', sources.Select(file => $"{file.Path} {file.Sha256}"))}";
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)).AsSpan(0, 4));
        FullPath = Path.Combine(package.Folder, PrepackedManifest.FolderName,
            $"{Library.Replace(' ', '-')}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}-{digest}");
    }

    public string FullPath { get; }

    public string Library { get; }

    public string Processor { get; }

    /// <summary>The package's graphs and their weights.</summary>
    public IReadOnlyList<PackageFile> Sources { get; }

    /// <summary>What was packed, once it was found.</summary>
    public IReadOnlyList<PackageFile> Files { get; private set; } = [];

    /// <summary>The full paths of the package's graphs.</summary>
    public string[] Graphs => GraphsOf(_package);

    /// <summary>The folder of a package, which need not be there; null for a package without manifest, whose content has no name.</summary>
    public static PrepackedFolder? Of(ModelPackage package)
    {
        if (package.Manifest is not { } manifest) return null;
        HashSet<string> names = [];
        foreach (var graph in GraphsOf(package))
        {
            var name = Path.GetRelativePath(package.Folder, graph).Replace(Path.DirectorySeparatorChar, '/');
            names.UnionWith([name, name + ".data"]);
        }

        return new PrepackedFolder(package, [.. manifest.Files.Where(file => names.Contains(file.Path))]);
    }

    /// <summary>The folder of a package if it is there and complete.</summary>
    /// <exception cref="InvalidModelException">It is damaged.</exception>
    public static PrepackedFolder? Find(ModelPackage package)
    {
        if (!Directory.Exists(Path.Combine(package.Folder, PrepackedManifest.FolderName))
            || Of(package) is not { } folder
            || PrepackedManifest.Read(folder.FullPath) is not { } manifest) return null;
        if (manifest.Library != folder.Library || manifest.Processor != folder.Processor || !manifest.Sources.SequenceEqual(folder.Sources)) return null;
        folder.Files = manifest.Files;
        foreach (var file in manifest.Files) PackageFolder.CheckLength(folder.FullPath, file, PrepackedManifest.Remedy);
        return folder;
    }

    /// <summary>Hashes every file.</summary>
    /// <exception cref="InvalidModelException">One is not what was written.</exception>
    public Task VerifyAsync(CancellationToken cancellationToken) =>
        PackageFolder.VerifyAsync(FullPath, Files, everything: true, PrepackedManifest.Remedy, cancellationToken);

    /// <summary>The packed form of one of the package's graphs.</summary>
    public string PackedPath(string graph) => In(FullPath, _package, graph);

    /// <summary>Where a graph of a package lies in a folder that is laid out like the package.</summary>
    public static string In(string folder, ModelPackage package, string graph) => Path.Combine(folder, Path.GetRelativePath(package.Folder, graph));

    private static string[] GraphsOf(ModelPackage package) => package.PrefillModelPath is { } prefill ? [package.ModelPath, prefill] : [package.ModelPath];
}
