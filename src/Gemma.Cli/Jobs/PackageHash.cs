using System.Security.Cryptography;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Jobs;

/// <summary>What tells that two machines have the same package.</summary>
internal static class PackageHash
{
    /// <summary>The SHA-256 of the manifest, which holds those of all other files; null for a package without one.</summary>
    public static async Task<string?> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, PackageManifest.FileName);
        if (!File.Exists(path)) return null;
        await using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }
}
