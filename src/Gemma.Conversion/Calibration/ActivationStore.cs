using System.Runtime.InteropServices;

namespace Gemma.Conversion.Calibration;

/// <summary>The recorded inputs of projections, in files of a temporary folder: they would not fit into memory for a large model.</summary>
/// <param name="folder">An existing folder, which its creator removes.</param>
internal sealed class ActivationStore(string folder)
{
    private const int ChunkBytes = 32 << 20;

    private readonly Dictionary<string, (string Path, int Width)> _files = new(StringComparer.Ordinal);

    /// <summary>Adds rows.</summary>
    /// <param name="name">The value's name in the graph.</param>
    /// <param name="width">Features per row.</param>
    /// <param name="rows">[rows, width].</param>
    public void Append(string name, int width, ReadOnlySpan<float> rows)
    {
        if (!_files.TryGetValue(name, out var file)) _files.Add(name, file = (Path.Combine(folder, $"{_files.Count}.bin"), width));
        using var stream = new FileStream(file.Path, FileMode.Append, FileAccess.Write);
        stream.Write(MemoryMarshal.AsBytes(rows));
    }

    /// <summary>Reads all rows of a value in pieces; a piece is valid until the next.</summary>
    public IEnumerable<ReadOnlyMemory<float>> Read(string name)
    {
        var (path, width) = _files[name];
        var rowsPerChunk = Math.Max(1, ChunkBytes / sizeof(float) / width);
        var buffer = new float[rowsPerChunk * width];
        using var stream = File.OpenRead(path);
        for (var left = stream.Length / sizeof(float); left > 0;)
        {
            var count = (int)Math.Min(left, buffer.Length);
            stream.ReadExactly(MemoryMarshal.AsBytes(buffer.AsSpan(0, count)));
            left -= count;
            yield return buffer.AsMemory(0, count);
        }
    }
}
