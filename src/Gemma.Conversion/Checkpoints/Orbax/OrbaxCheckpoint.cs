using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Orbax;

/// <summary>Opens a checkpoint of Google's JAX code, as Orbax saves it.</summary>
internal static class OrbaxCheckpoint
{
    private const string MetadataFile = "_METADATA";

    /// <summary>The folder that holds the arrays: the given one or "checkpoint" inside it; null if neither does.</summary>
    public static string? FindRoot(string folder) =>
        new[] { folder, Path.Combine(folder, "checkpoint") }
            .FirstOrDefault(path => File.Exists(Path.Combine(path, MetadataFile)) || File.Exists(Path.Combine(path, OcdbtStore.ManifestFile)));

    /// <exception cref="InvalidModelException">The checkpoint is malformed or incomplete.</exception>
    public static TensorArchive Open(string root)
    {
        var archive = new TensorArchive();
        try
        {
            IKeyValueStore store = File.Exists(Path.Combine(root, OcdbtStore.ManifestFile)) ? new OcdbtStore(root, archive) : new FolderStore(root, archive);
            new ZarrArrays(root, store, archive).Open();
            return archive;
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }
}
