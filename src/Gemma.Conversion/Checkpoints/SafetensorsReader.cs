using System.Buffers;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints;

/// <summary>Reads a safetensors checkpoint, in one file or in shards that an index names.</summary>
internal sealed class SafetensorsReader : CheckpointReader
{
    public const string SingleFile = "model.safetensors";
    public const string IndexFile = "model.safetensors.index.json";

    private readonly Dictionary<string, SafetensorsFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (SafetensorsFile File, TensorInfo Info, long Offset)> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);

    private SafetensorsReader()
    {
    }

    public override string Format => "safetensors";

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <summary>Opens one file.</summary>
    public static SafetensorsReader OpenFile(string path)
    {
        var reader = new SafetensorsReader();
        var file = SafetensorsFile.Open(path);
        reader._files.Add(path, file);
        foreach (var name in file.Tensors.Keys) reader.AddTensor(name, file);
        return reader;
    }

    /// <summary>Opens the shards that an index names.</summary>
    public static SafetensorsReader OpenIndex(string path)
    {
        using var document = JsonSection.Load(path);
        var map = JsonSection.Root(path, document).Section("weight_map") ?? throw new InvalidModelException(path, "weight_map", "the object is missing");
        var reader = new SafetensorsReader();
        try
        {
            foreach (var entry in map.Properties())
            {
                var shard = map.Text(entry.Name)!;
                if (shard is null || shard.AsSpan().IndexOfAny('/', '\\', ':') >= 0 || shard is "." or "..") throw new InvalidModelException(path, entry.Name, $"the shard '{shard}' is not a file name in this folder");
                if (!reader._files.TryGetValue(shard, out var file)) reader._files.Add(shard, file = SafetensorsFile.Open(Path.Combine(Path.GetDirectoryName(path)!, shard)));
                if (!file.Tensors.ContainsKey(entry.Name)) throw new InvalidModelException(path, entry.Name, $"the tensor is not in {shard}, where the index says it is");
                reader.AddTensor(entry.Name, file);
            }

            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    public override void ReadRaw(string name, long start, Span<byte> destination)
    {
        var (file, info, offset) = _places[name];
        file.Read(offset + (start * ElementSize.Of(info.DataType)), destination);
    }

    public override void Read(string name, long start, Span<float> destination)
    {
        var type = _places[name].Info.DataType;
        var length = destination.Length * ElementSize.Of(type);
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            ReadRaw(name, start, bytes.AsSpan(0, length));
            Widening.ToSingle(bytes.AsSpan(0, length), type, destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var file in _files.Values) file.Dispose();
    }

    private void AddTensor(string name, SafetensorsFile file)
    {
        var (info, offset) = file.Tensors[name];
        _places.Add(name, (file, info, offset));
        _tensors.Add(name, info);
    }
}
