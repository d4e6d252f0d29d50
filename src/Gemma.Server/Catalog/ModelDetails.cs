using System.Security.Cryptography;
using System.Text;
using Gemma.Runtime;
using Gemma.Runtime.Models;

namespace Gemma.Server.Catalog;

/// <summary>What several APIs tell of a model. Of one that is not loaded yet they know its name alone.</summary>
internal sealed class ModelDetails(GemmaModel? model)
{
    public PackageManifest? Manifest { get; } = model?.Package.Manifest;

    public GemmaModel? Model => model;

    public long Size => Manifest?.Files.Sum(file => file.Length) ?? 0;

    /// <summary>A hash over the hashes of the package's files.</summary>
    public string Digest =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Manifest?.Files.Select(file => file.Sha256) ?? []))));

    public DateTimeOffset Modified => model is null ? DateTimeOffset.UnixEpoch : Directory.GetLastWriteTimeUtc(model.Package.Folder);

    /// <summary>What the package can do.</summary>
    public IEnumerable<string> Capabilities
    {
        get
        {
            if (model is null) yield break;
            if (model.Engine.VocabularySize > 0)
            {
                yield return "completion";
                if (model.ChatTemplate is not null) yield return "tools";
            }

            yield return "embedding";
        }
    }
}
