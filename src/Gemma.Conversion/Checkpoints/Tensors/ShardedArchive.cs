using Gemma.Json;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Opens the shards that an index names. A shard is a file name in the index's own folder; anything that could lead elsewhere is refused.</summary>
internal static class ShardedArchive
{
    /// <param name="index">The index, <c>….index.json</c>.</param>
    /// <param name="open">Opens one shard.</param>
    /// <exception cref="InvalidModelException">The index is malformed, or a shard or a tensor in it is missing.</exception>
    public static TensorArchive Open(string index, Func<string, TensorArchive> open)
    {
        using var document = JsonSection.Load(index);
        var map = JsonSection.Root(index, document).Section("weight_map") ?? throw new InvalidModelException(index, "weight_map", "the object is missing");
        var folder = Path.GetDirectoryName(index)!;
        var result = new TensorArchive();
        Dictionary<string, TensorArchive> shards = new(StringComparer.Ordinal);
        try
        {
            foreach (var entry in map.Properties())
            {
                var name = map.Text(entry.Name);
                if (!IsFileName(name)) throw new InvalidModelException(index, entry.Name, $"the shard '{name}' is not a file name in this folder");
                if (!shards.TryGetValue(name!, out var shard))
                {
                    shards.Add(name!, shard = open(Path.Combine(folder, name!)));
                    result.Files.Add(shard);
                    result.Checksums.AddRange(shard.Checksums);
                    foreach (var (key, value) in shard.Metadata) result.Metadata[key] = value;
                }

                result.Tensors.Add(entry.Name, shard.Tensors.GetValueOrDefault(entry.Name)
                    ?? throw new InvalidModelException(index, entry.Name, $"the tensor is not in {name}, where the index says it is"));
            }

            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    private static bool IsFileName(string? name) => !string.IsNullOrEmpty(name) && name is not ("." or "..") && name.AsSpan().IndexOfAny("/\\:\0") < 0;
}
