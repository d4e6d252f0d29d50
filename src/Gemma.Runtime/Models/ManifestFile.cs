using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gemma.IO;
using Gemma.Json;

namespace Gemma.Runtime.Models;

/// <summary>Reads and writes the small JSON files that say what lies beside them.</summary>
internal static class ManifestFile
{
    private const int Schema = 1;
    private const long MaxFileBytes = 64 << 20;

    /// <summary>The manifest in a file, or null where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="type">Its content.</param>
    /// <param name="schema">The content's format version.</param>
    /// <param name="remedy">What to do about a damaged file.</param>
    /// <exception cref="InvalidModelException">It is malformed, or newer than this library.</exception>
    public static T? Read<T>(string path, JsonTypeInfo<T> type, Func<T, int> schema, string remedy)
        where T : class
    {
        if (!File.Exists(path)) return null;
        try
        {
            RegularFile.Ensure(path);
            if (new FileInfo(path).Length > MaxFileBytes) throw new InvalidModelException(path, null, $"the file is longer than any manifest; {remedy}");
            var json = File.ReadAllBytes(path);
            WellFormedJson.Check(json);
            var manifest = JsonSerializer.Deserialize(json, type) ?? throw new InvalidModelException(path, null, $"the manifest is empty; {remedy}");
            return schema(manifest) == Schema
                ? manifest
                : throw new InvalidModelException(path, "schema", $"version {schema(manifest)} is newer than this library; update it, or {remedy}");
        }
        catch (JsonException e)
        {
            throw new InvalidModelException(path, e.Path, $"this is not a manifest; {remedy}", e);
        }
    }

    /// <summary>Makes sure that a list of a manifest has no null in it, which the serialiser lets through.</summary>
    /// <exception cref="InvalidModelException">It has.</exception>
    public static void EnsureItems(string path, string key, IEnumerable<object?>? items, string remedy)
    {
        if (items?.Contains(null) == true) throw new InvalidModelException(path, key, $"an entry is null; {remedy}");
    }

    /// <summary>Writes a manifest, last, so that a folder with a manifest is complete.</summary>
    public static async Task WriteAsync<T>(string path, T manifest, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var stream = File.Create(path);
        await using (stream.ConfigureAwait(false))
        {
            await JsonSerializer.SerializeAsync(stream, manifest, type, cancellationToken).ConfigureAwait(false);
            stream.Flush(flushToDisk: true);
        }
    }
}
