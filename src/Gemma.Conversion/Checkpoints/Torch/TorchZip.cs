using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>The container since PyTorch 1.6: an uncompressed zip archive with <c>root/data.pkl</c> and one record per storage, <c>root/data/key</c>.</summary>
internal static class TorchZip
{
    private const string PickleName = "data.pkl";

    public static void Read(CheckpointFile file, TensorArchive archive)
    {
        var entries = ZipDirectory.Read(file);
        var pickles = entries.Keys.Where(name => name.EndsWith("/" + PickleName, StringComparison.Ordinal) && name.Count(c => c == '/') == 1).ToList();
        if (pickles is not [var pickle])
            throw file.Error(null, $"the archive holds {pickles.Count} entries named {PickleName} instead of one; it is not a PyTorch file of weights");
        var root = pickle[..^PickleName.Length];
        if (entries.Keys.FirstOrDefault(name => !name.StartsWith(root, StringComparison.Ordinal)) is { } stray)
            throw file.Error(stray, $"the entry is outside {root}");
        if (entries.ContainsKey(root + "constants.pkl"))
            throw file.Error(null, "this is a TorchScript archive, which is a program; save the model's state_dict instead");
        CheckByteOrder(file, entries, root);

        // The pickle is small, and it is the program: its checksum is compared at once.
        var entry = entries[pickle];
        Checksum(file, entry)?.Verify(CancellationToken.None);
        var unpickler = new Unpickler(new PickleInput(file, entry.Offset, entry.Offset + entry.Length), legacy: false);
        var value = unpickler.Read();

        var regions = unpickler.Storages.Values
            .ToDictionary(storage => storage.Key, storage => Region(file, archive, entries, root, storage), StringComparer.Ordinal);
        TorchFile.Add(archive, PickleTensors.Find(file, value), storage => regions[storage.Key]);
    }

    private static void CheckByteOrder(CheckpointFile file, Dictionary<string, ZipEntry> entries, string root)
    {
        const int LongestName = 16;
        if (!entries.TryGetValue(root + "byteorder", out var entry)) return;
        var bytes = new byte[Math.Min(LongestName, entry.Length)];
        file.Read(entry.Offset, bytes);
        if (!bytes.AsSpan().SequenceEqual("little"u8)) throw file.Error(entry.Name, "the file was written on a big-endian machine; save it again on another");
    }

    private static FileRegion Region(CheckpointFile file, TensorArchive archive, Dictionary<string, ZipEntry> entries, string root, PickleStorage storage)
    {
        if (!entries.TryGetValue($"{root}data/{storage.Key}", out var entry))
            throw file.Error($"storage {storage.Key}", "the archive has no such record; the file is incomplete, download it again");
        var length = storage.Count * ElementSize.Of(storage.DataType);
        if (entry.Length != length) throw file.Error(entry.Name, $"the record has {entry.Length} bytes, but its storage needs {length}");
        if (Checksum(file, entry) is { } checksum) archive.Checksums.Add(checksum);
        return new FileRegion(file, entry.Offset, entry.Length);
    }

    // PyTorch can be told not to compute checksums; it then writes zeros.
    private static StoredChecksum? Checksum(CheckpointFile file, ZipEntry entry) =>
        entry.Crc == 0 ? null : new StoredChecksum(file.Path, entry.Name, new FileRegion(file, entry.Offset, entry.Length), entry.Crc);
}
