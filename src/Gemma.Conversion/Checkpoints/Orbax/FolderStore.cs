using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints.Orbax;

/// <summary>One file per key.</summary>
internal sealed class FolderStore(string root, TensorArchive owner) : IKeyValueStore
{
    private const int MaxDepth = 8;

    public IEnumerable<string> Keys =>
        Directory.EnumerateFiles(root, ".zarray", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = MaxDepth,
            AttributesToSkip = FileAttributes.ReparsePoint,
        })
            .Select(path => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/'))
            .Order(StringComparer.Ordinal);

    public ByteSource? Find(string key)
    {
        var path = PackageFolder.Resolve(root, key);
        if (!File.Exists(path)) return null;
        var file = CheckpointFile.Open(path);
        owner.Files.Add(file);
        return new FileRegion(file, 0, file.Length);
    }
}
