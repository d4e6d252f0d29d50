namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>The tensors of one or more files under the names that the container gives them; owns the files.</summary>
internal sealed class TensorArchive : IDisposable
{
    /// <summary>The tensors. Nested containers' names are joined with '/'.</summary>
    public Dictionary<string, StridedTensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>The container's free text.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Checksums of stored bytes that are not compared before someone asks.</summary>
    public List<StoredChecksum> Checksums { get; } = [];

    /// <summary>The open files.</summary>
    public List<IDisposable> Files { get; } = [];

    /// <summary>The paths of the open files.</summary>
    public IEnumerable<string> Paths() => Files.SelectMany(file => file switch
    {
        CheckpointFile single => [single.Path],
        TensorArchive shard => shard.Paths(),
        _ => [],
    });

    public void Dispose()
    {
        foreach (var file in Files) file.Dispose();
    }
}
