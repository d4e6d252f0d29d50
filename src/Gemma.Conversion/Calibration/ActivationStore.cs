using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Quantization;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Calibration;

/// <summary>
/// The recorded inputs of projections, in files of a temporary folder: they would not fit into memory for a large model. They are kept as bfloat16, which is
/// exact enough for sums over thousands of rows.
/// </summary>
/// <param name="folder">An existing folder, which its creator removes.</param>
internal sealed class ActivationStore(string folder) : ICalibration
{
    /// <summary>Bytes that a recorded number takes.</summary>
    public const int ElementSize = 2;

    private const int ChunkElements = 8 << 20;

    private readonly Dictionary<string, (string Path, int Width)> _files = new(StringComparer.Ordinal);

    /// <summary>Adds rows.</summary>
    /// <param name="name">The value's name in the graph.</param>
    /// <param name="width">Features per row.</param>
    /// <param name="rows">[rows, width].</param>
    public void Append(string name, int width, ReadOnlySpan<float> rows)
    {
        if (!_files.TryGetValue(name, out var file)) _files.Add(name, file = (Path.Combine(folder, $"{_files.Count}.bin"), width));
        using var stream = new FileStream(file.Path, FileMode.Append, FileAccess.Write);
        var bytes = new byte[rows.Length * ElementSize];
        ElementTypes.Round(rows, DataType.Bfloat16, bytes);
        stream.Write(bytes);
    }

    /// <inheritdoc/>
    public IRowQuantizerFactory Open(string input, int width, CancellationToken cancellationToken) =>
        InputFactor.Compute(width, () => Read(input), cancellationToken);

    /// <summary>Reads all rows of a value in pieces; a piece is valid until the next.</summary>
    public IEnumerable<ReadOnlyMemory<float>> Read(string name)
    {
        var (path, width) = _files[name];
        var buffer = new float[Math.Max(1, ChunkElements / width) * width];
        var bytes = new byte[buffer.Length * ElementSize];
        using var stream = File.OpenRead(path);
        for (var left = stream.Length / ElementSize; left > 0;)
        {
            var count = (int)Math.Min(left, buffer.Length);
            stream.ReadExactly(bytes, 0, count * ElementSize);
            Widening.ToSingle(bytes.AsSpan(0, count * ElementSize), TensorDataType.BFloat16, buffer.AsSpan(0, count));
            left -= count;
            yield return buffer.AsMemory(0, count);
        }
    }
}
