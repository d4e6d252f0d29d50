using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Jobs;

/// <summary>What tells that two machines have the same package.</summary>
internal static class PackageHash
{
    /// <summary>The SHA-256 of the manifest, which holds those of all other files; null for a package without one.</summary>
    public static async Task<string?> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, PackageManifest.FileName);
        return File.Exists(path) ? await PackageFolder.HashFileAsync(path, cancellationToken) : null;
    }

    /// <summary>The same for a cluster, whose machines could not tell packages without one apart.</summary>
    /// <exception cref="UsageException">The package has no manifest.</exception>
    public static async Task<string> ReadForClusterAsync(string folder, CancellationToken cancellationToken) =>
        await ReadAsync(folder, cancellationToken)
            ?? throw new UsageException(
                $"'{folder}' has no {PackageManifest.FileName}, so that silos could not tell whether they have the same model: convert it again.");
}
