using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gemma.Conversion.Hub;

/// <summary>The listing of a commit as the cache keeps it, so that it is known offline what belongs to a model.</summary>
internal static class HubTree
{
    private const int Version = 1;

    /// <summary>Reads a listing; null where there is none that can be read.</summary>
    public static IReadOnlyList<HubFile>? Read(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using var stream = File.OpenRead(path);
            var tree = JsonSerializer.Deserialize(stream, HubTreeJson.Default.TreeFile);
            if (tree is not { FormatVersion: Version, Files: { } files }) return null;
            return [.. files.Select(entry =>
                new HubFile(HubPath.CheckListed(entry.Key, path), entry.Value.LfsSize ?? entry.Value.Size, entry.Value.LfsSha256 ?? entry.Value.BlobId)
                {
                    BlobId = entry.Value.BlobId,
                    XetHash = entry.Value.XetHash,
                })];
        }
        catch (JsonException)
        {
            // Whoever is online asks the hub again.
            return null;
        }
    }

    /// <summary>Writes a listing.</summary>
    public static void Write(string path, IEnumerable<HubFile> files)
    {
        var entries = files.ToDictionary(file => file.Path,
            file => new TreeFileEntry(file.Bytes, file.BlobId, file.IsLarge ? file.Hash : null, file.IsLarge ? file.Bytes : null, file.XetHash));
        HubCache.Write(path, JsonSerializer.Serialize(new TreeFile(Version, entries), HubTreeJson.Default.TreeFile));
    }
}

/// <summary>The file.</summary>
internal sealed record TreeFile(int FormatVersion, Dictionary<string, TreeFileEntry>? Files);

/// <summary>A file in it.</summary>
internal sealed record TreeFileEntry(long Size, string BlobId, [property: JsonPropertyName("lfs_sha256")] string? LfsSha256, long? LfsSize, string? XetHash);

/// <summary>Its form.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TreeFile))]
[JsonSerializable(typeof(PartState))]
internal sealed partial class HubTreeJson : JsonSerializerContext;
