using System.Security.Cryptography;
using Gemma.IO;

namespace Gemma.Runtime.Models;

/// <summary>Reads, writes and verifies a package's manifest.</summary>
internal static class PackageFolder
{
    // Small files are hashed whenever a package is opened; hashing gigabytes is left to an explicit verification.
    private const long AlwaysHashedBytes = 64 << 20;

    private const string Remedy = "convert the checkpoint again";

    /// <summary>The manifest, or null in a folder that GenAI's own builder wrote.</summary>
    public static PackageManifest? ReadManifest(string folder)
    {
        var path = Path.Combine(folder, PackageManifest.FileName);
        var manifest = ManifestFile.Read(path, ModelJsonContext.Default.PackageManifest, manifest => manifest.Schema, Remedy);
        if (manifest is null) return null;
        ManifestFile.EnsureItems(path, "files", manifest.Files, Remedy);
        ManifestFile.EnsureItems(path, "heads", manifest.Heads, Remedy);

        // The serialiser leaves null where the key is missing, whatever the property's default.
        return manifest.Heads is null ? manifest with { Heads = [] } : manifest;
    }

    /// <summary>Makes sure that a native library, which opens graphs and weights by name, finds files there.</summary>
    /// <exception cref="InvalidModelException">Something in the folder is a pipe, a socket or a device.</exception>
    public static void EnsureRegular(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)) RegularFile.Ensure(file);
    }

    /// <summary>Writes the manifest, last, so that a folder with a manifest is complete.</summary>
    public static Task WriteManifestAsync(string folder, PackageManifest manifest, CancellationToken cancellationToken) =>
        ManifestFile.WriteAsync(Path.Combine(folder, PackageManifest.FileName), manifest, ModelJsonContext.Default.PackageManifest, cancellationToken);

    /// <summary>Lists and hashes all files of a folder.</summary>
    public static async Task<IReadOnlyList<PackageFile>> HashAsync(string folder, CancellationToken cancellationToken)
    {
        List<PackageFile> files = [];
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var relative = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
            files.Add(new PackageFile(relative, new FileInfo(path).Length, await HashFileAsync(path, cancellationToken).ConfigureAwait(false)));
        }

        return files;
    }

    /// <summary>Compares files with the manifest.</summary>
    /// <param name="folder">The package.</param>
    /// <param name="files">What its manifest says.</param>
    /// <param name="everything">Whether to hash large files too.</param>
    /// <param name="remedy">What to do about a file that differs.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InvalidModelException">A file is missing or was changed.</exception>
    public static async Task VerifyAsync(string folder, IReadOnlyList<PackageFile> files, bool everything, string remedy, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            var path = CheckLength(folder, file, remedy);
            if (!everything && file.Length > AlwaysHashedBytes) continue;
            if (await HashFileAsync(path, cancellationToken).ConfigureAwait(false) != file.Sha256)
                throw new InvalidModelException(path, null, $"the file's content is not what was written; {remedy}");
        }
    }

    /// <summary>Checks that a file is there, as long as it was.</summary>
    /// <returns>Its full path.</returns>
    /// <exception cref="InvalidModelException">It is missing or was cut off.</exception>
    public static string CheckLength(string folder, PackageFile file, string remedy)
    {
        var path = Resolve(folder, file.Path);
        if (!File.Exists(path)) throw new InvalidModelException(path, null, $"the file is missing; {remedy}");
        RegularFile.Ensure(path);
        var length = new FileInfo(path).Length;
        return length == file.Length
            ? path
            : throw new InvalidModelException(path, null, $"the file has {length} bytes, but {file.Length} were written; it was changed or cut off, {remedy}");
    }

    /// <summary>The full path of a file named in a package, which must lie inside it.</summary>
    public static string Resolve(string folder, string relative)
    {
        if (relative.Contains('\0')) throw new InvalidModelException(folder, null, "a path holds a null character");
        var root = Path.GetFullPath(folder);
        var path = Path.GetFullPath(Path.Combine(root, relative));
        return path.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new InvalidModelException(folder, relative, "the path leaves the folder");
    }

    /// <summary>A file's SHA-256 in lower-case hexadecimal.</summary>
    public static async Task<string> HashFileAsync(string path, CancellationToken cancellationToken)
    {
        var stream = RegularFile.OpenRead(path);
        await using (stream.ConfigureAwait(false))
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        }
    }
}
