using System.Buffers.Binary;
using System.Numerics;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>
/// The container before PyTorch 1.6: five pickles (magic number, version, machine, the value, the storages' keys), then each storage's count and bytes.
/// </summary>
internal static class TorchLegacy
{
    private const long Version = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse("01950A86A20F9469CFC6C", System.Globalization.NumberStyles.HexNumber,
        System.Globalization.CultureInfo.InvariantCulture);

    public static void Read(CheckpointFile file, TensorArchive archive)
    {
        var input = new PickleInput(file, 0, file.Length);
        if (Side(input) is not BigInteger magic || magic != Magic)
            throw file.Error(null, "the file does not begin with PyTorch's magic number; it is a pickle of something else");
        if (Side(input) is not Version) throw file.Error(null, "the version of the PyTorch container is unknown");
        if (Side(input) is not PickleDictionary machine || machine.Items.GetValueOrDefault("little_endian") is not true)
            throw file.Error(null, "the file was written on a big-endian machine; save it again on another");
        var main = new Unpickler(input, legacy: true);
        var root = main.Read();
        if (Side(input) is not PickleList keys) throw file.Error(null, "the list of storages is missing");
        var regions = Regions(file, input.Position, keys, main.Storages);
        TorchFile.Add(archive, PickleTensors.Find(file, root), storage => regions[storage.Key]);
    }

    private static object? Side(PickleInput input)
    {
        var unpickler = new Unpickler(input, legacy: true);
        var value = unpickler.Read();
        return unpickler.Storages.Count == 0 ? value : throw input.Error("a storage is named outside the main pickle");
    }

    private static Dictionary<string, ByteSource> Regions(CheckpointFile file, long position, PickleList keys, Dictionary<string, PickleStorage> storages)
    {
        Dictionary<string, ByteSource> regions = new(StringComparer.Ordinal);
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        foreach (var item in keys.Items)
        {
            if (item is not string key || !storages.TryGetValue(key, out var storage))
                throw file.Error(null, "the list of storages names one that no tensor uses");
            if (file.Length - position < bytes.Length) throw file.Error($"storage {key}", "the file ends before it; it was cut off, download it again");
            file.Read(position, bytes);
            position += bytes.Length;
            var count = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            if (count != storage.Count) throw file.Error($"storage {key}", $"it has {count} elements, but the pickle says {storage.Count}");
            var length = count * ElementSize.Of(storage.DataType);
            if (file.Length - position < length)
            {
                throw file.Error($"storage {key}",
                    $"it needs {length} bytes, but the file ends after {file.Length - position}; it was cut off, download it again");
            }
            if (!regions.TryAdd(key, new FileRegion(file, position, length))) throw file.Error($"storage {key}", "it is stored twice");
            position += length;
        }

        if (regions.Count != storages.Count) throw file.Error(null, "a storage is missing from the list of storages");
        return position == file.Length ? regions : throw file.Error(null, $"{file.Length - position} bytes at the end belong to no storage");
    }
}
