using System.Security.Cryptography;
using System.Text;
using Gemma.Runtime;
using Gemma.Runtime.Embeddings;
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

    /// <summary>
    /// Whether the states of texts are vectors of meaning: a package that only classifies, without lm_head and without an embedder's modules, was trained for
    /// its labels.
    /// </summary>
    public bool CanEmbed => model is not null
        && (model.Engine.VocabularySize > 0 || model.Package.Heads.Count == 0 || File.Exists(Path.Combine(model.Package.Folder, SentenceModules.FileName)));

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

            if (CanEmbed) yield return "embedding";
        }
    }
}
