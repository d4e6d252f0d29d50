using System.Globalization;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>One GGUF file, or the files that a model was split into. The first one's metadata is the model's.</summary>
internal sealed class GgufShards : IDisposable
{
    private const string CountKey = "split.count";
    private const string NumberKey = "split.no";
    private const string TensorsKey = "split.tensors.count";
    private const int MaxCount = 99999;

    // -00001-of-00003.gguf
    private const int EndingLength = 20;
    private const int NumberLength = 6;

    private readonly List<GgufFile> _files = [];
    private readonly Dictionary<string, (GgufFile File, GgufTensorInfo Tensor)> _tensors = new(StringComparer.Ordinal);

    private GgufShards()
    {
    }

    /// <summary>The model's keys and values.</summary>
    public GgufMetadata Metadata => _files[0].Metadata;

    /// <summary>The files' paths.</summary>
    public IReadOnlyList<string> Paths => [.. _files.Select(file => file.Path)];

    /// <summary>All tensors by name.</summary>
    public IEnumerable<GgufTensorInfo> Tensors => _tensors.Values.Select(pair => pair.Tensor);

    /// <summary>Opens a file, and the others if it is the first of several.</summary>
    /// <exception cref="InvalidModelException">A file is missing, malformed or cut off, or they do not belong together.</exception>
    public static GgufShards Open(string path)
    {
        var shards = new GgufShards();
        try
        {
            shards.Add(path);
            var count = shards.Metadata.Integer(CountKey, 1, MaxCount) ?? 1;
            Check(shards._files[0], 0, count);
            for (var i = 1; i < count; i++) Check(shards.Add(Name(path, i, count)), i, count);
            if (shards.Metadata.Integer(TensorsKey, 0, int.MaxValue) is { } tensors && tensors != shards._tensors.Count)
                throw shards.Metadata.Error(TensorsKey, $"{tensors} tensors are announced, but the files hold {shards._tensors.Count}");
            return shards;
        }
        catch
        {
            shards.Dispose();
            throw;
        }
    }

    /// <summary>The files beside one that seem to be parts of the same model, by their names.</summary>
    public static IEnumerable<string> Siblings(string path)
    {
        path = Path.GetFullPath(path);
        var name = Path.GetFileName(path);
        var ending = name[Math.Max(0, name.Length - EndingLength)..];
        return ending.StartsWith("-00001-of-", StringComparison.Ordinal)
            ? Directory.EnumerateFiles(Path.GetDirectoryName(path)!, $"{name[..^EndingLength]}-?????{ending[NumberLength..]}").Where(other => other != path)
            : [];
    }

    /// <summary>A tensor by name, or null.</summary>
    public GgufTensorInfo? Find(string name) => _tensors.TryGetValue(name, out var pair) ? pair.Tensor : null;

    /// <summary>Opens a tensor, or consecutive rows of it.</summary>
    public StoredTensor Open(GgufTensorInfo tensor, long firstRow = 0, long? rows = null) => _tensors[tensor.Name].File.OpenTensor(tensor, firstRow, rows);

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private static string Suffix(int index, int count) => string.Create(CultureInfo.InvariantCulture, $"-{index + 1:D5}-of-{count:D5}.gguf");

    // Names of other files are made from the name of the first, never from what a file says.
    private static string Name(string first, int index, int count) => first[..^Suffix(0, count).Length] + Suffix(index, count);

    private GgufFile Add(string path)
    {
        var file = GgufFile.Open(path);
        _files.Add(file);
        if (file.Format.IsBigEndian != _files[0].Format.IsBigEndian) throw file.Error(null, "its byte order is not that of the first file");
        foreach (var tensor in file.Tensors.Values)
        {
            if (!_tensors.TryAdd(tensor.Name, (file, tensor)))
                throw file.Error(tensor.Name, $"the tensor is also in {Path.GetFileName(_tensors[tensor.Name].File.Path)}");
        }

        return file;
    }

    private static void Check(GgufFile file, int index, int count)
    {
        var number = file.Metadata.Integer(NumberKey, 0, MaxCount);
        if (number is > 0 && index == 0) throw file.Error(NumberKey, $"this is file {number + 1} of a model that was split into several; give the first one");
        if (count == 1) return;
        if (number != index)
            throw file.Error(NumberKey, $"{number?.ToString(CultureInfo.InvariantCulture) ?? "nothing"} is stated, but by its name the file is number {index}");
        if (file.Metadata.Integer(CountKey, 1, MaxCount) != count)
            throw file.Error(CountKey, $"the first file states {count} files, this one another number; they do not belong together");
        if (!file.Path.EndsWith(Suffix(index, count), StringComparison.Ordinal))
        {
            throw file.Error(CountKey,
                $"the model was split into {count} files, but the file's name does not end in {Suffix(index, count)}; give the files their names back");
        }
    }
}
