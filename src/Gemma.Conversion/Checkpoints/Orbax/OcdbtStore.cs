using System.Text;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints.Orbax;

/// <summary>
/// An OCDBT database: a manifest, and a tree whose leaves hold small values and say where large ones are. Source: the storage format page of TensorStore's
/// ocdbt driver.
/// </summary>
internal sealed class OcdbtStore : IKeyValueStore
{
    public const string ManifestFile = "manifest.ocdbt";

    private const uint ManifestMagic = 0x0CDB3A2A;
    private const uint NodeMagic = 0x0CDB20DE;
    private const int MaxHeight = 16;
    private const int IdentifierBytes = 16;
    private const int MaxKeys = 1 << 20;
    private const int MaxNodes = 1 << 16;

    private readonly string _root;
    private readonly TensorArchive _owner;
    private readonly Dictionary<string, CheckpointFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ByteSource> _values = new(StringComparer.Ordinal);
    private int _nodes;

    public OcdbtStore(string root, TensorArchive owner)
    {
        (_root, _owner) = (root, owner);
        var manifest = OcdbtReader.Open(root, Region(ManifestFile, 0, null), ManifestMagic);
        manifest.Bytes(IdentifierBytes);
        if (manifest.Number() != 0) throw manifest.Error("the manifest is spread over several files");
        manifest.Numbers(2);
        manifest.Byte();
        if (manifest.Number() != 0) manifest.Bytes(sizeof(int));
        var files = Files(manifest, string.Empty);
        var versions = manifest.Count();
        if (versions == 0) throw manifest.Error("the database is empty");
        manifest.Numbers(versions);
        manifest.Bytes(versions);
        var (ids, offsets, lengths) = (manifest.Numbers(versions), manifest.Numbers(versions), manifest.Numbers(versions));
        var (path, directory) = File(manifest, files, ids[^1]);
        ReadNode(path, directory, offsets[^1], lengths[^1], [], MaxHeight);
    }

    public IEnumerable<string> Keys => _values.Keys.Order(StringComparer.Ordinal);

    public ByteSource? Find(string key) => _values.GetValueOrDefault(key);

    // A block's table of data files: the path, and how much of it is the directory that the tables of the files inside are relative to.
    private static (string Path, string Directory)[] Files(OcdbtReader reader, string directory)
    {
        var (paths, bases) = reader.Texts(reader.Count(), withColumn: true);
        return [.. paths.Zip(bases, (path, length) => length <= path.Length
            ? (directory + Encoding.UTF8.GetString(path), directory + Encoding.UTF8.GetString(path.AsSpan(0, (int)length)))
            : throw reader.Error("a file name is malformed"))];
    }

    private static (string Path, string Directory) File(OcdbtReader reader, (string Path, string Directory)[] files, long id) =>
        id < files.Length ? files[id] : throw reader.Error("a file is not in the table");

    private void ReadNode(string path, string directory, long offset, long length, byte[] prefix, int maxHeight)
    {
        var reader = OcdbtReader.Open(System.IO.Path.Combine(_root, path), Region(path, offset, length), NodeMagic);
        var height = reader.Byte();
        if (height >= maxHeight) throw reader.Error("the tree is too high");
        var files = Files(reader, directory);
        var count = reader.Count();

        // Nodes may be shared, so that few bytes could hold more of them than any file.
        if (_values.Count + count > MaxKeys || ++_nodes > MaxNodes) throw reader.Error("the database has more keys than any model");
        if (height == 0) ReadLeaf(reader, files, count, prefix);
        else ReadInner(reader, files, count, prefix, height);
    }

    private void ReadInner(OcdbtReader reader, (string Path, string Directory)[] files, int count, byte[] prefix, int height)
    {
        var (keys, shared) = reader.Texts(count, withColumn: true);
        var (ids, offsets, lengths) = (reader.Numbers(count), reader.Numbers(count), reader.Numbers(count));
        for (var i = 0; i < count; i++)
        {
            if (shared[i] > keys[i].Length) throw reader.Error("a key is malformed");
            var (path, directory) = File(reader, files, ids[i]);
            ReadNode(path, directory, offsets[i], lengths[i], [.. prefix, .. keys[i].AsSpan(0, (int)shared[i])], height);
        }
    }

    private void ReadLeaf(OcdbtReader reader, (string Path, string Directory)[] files, int count, byte[] prefix)
    {
        var (keys, _) = reader.Texts(count, withColumn: false);
        var (lengths, kinds) = (reader.Numbers(count), reader.Numbers(count));
        var outside = kinds.Count(kind => kind != 0);
        var (ids, offsets) = (reader.Numbers(outside), reader.Numbers(outside));
        for (var (i, next) = (0, 0); i < count; i++)
        {
            ByteSource value;
            if (kinds[i] == 0)
            {
                value = new MemorySource(reader.Bytes((int)Math.Min(lengths[i], int.MaxValue)).ToArray());
            }
            else
            {
                value = Region(File(reader, files, ids[next]).Path, offsets[next], lengths[i]);
                next++;
            }

            if (!_values.TryAdd(Encoding.UTF8.GetString([.. prefix, .. keys[i]]), value)) throw reader.Error("a key occurs twice");
        }
    }

    // Paths come from the database itself and must stay inside its folder.
    private FileRegion Region(string relative, long offset, long? length)
    {
        if (!_files.TryGetValue(relative, out var file))
        {
            file = CheckpointFile.Open(PackageFolder.Resolve(_root, relative));
            _owner.Files.Add(file);
            _files.Add(relative, file);
        }

        var count = length ?? file.Length;
        return offset >= 0 && count >= 0 && offset <= file.Length - count
            ? new FileRegion(file, offset, count)
            : throw file.Error(null, $"{count} bytes at {offset} are outside the file; it was cut off, download it again");
    }
}
