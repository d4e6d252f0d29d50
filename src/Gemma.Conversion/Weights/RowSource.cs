using Gemma.Conversion.Checkpoints.Gguf.Blocks;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Weights;

/// <summary>A matrix [rows, width] that is read row by row: tensors of the checkpoint, one below the other.</summary>
internal sealed class RowSource
{
    private readonly TensorInfo[] _tensors;
    private readonly int _storedWidth;
    private readonly Func<int, int>? _rowMap;
    private readonly Func<int, int>? _columnMap;

    /// <param name="tensors">Matrices of one width, or vectors, which count as columns, or several matrices in one, which count as one below the other.</param>
    public RowSource(params TensorInfo[] tensors)
    {
        _tensors = tensors;
        Width = _storedWidth = tensors[0].Shape.Count == 1 ? 1 : checked((int)tensors[0].Shape[^1]);
        Rows = checked((int)tensors.Sum(RowsOf));
    }

    private RowSource(RowSource source, int rows, int width, Func<int, int>? rowMap, Func<int, int>? columnMap)
    {
        (_tensors, _storedWidth) = (source._tensors, source._storedWidth);
        (Rows, Width) = (rows, width);
        (_rowMap, _columnMap) = (rowMap, columnMap);
    }

    public int Rows { get; }

    public int Width { get; }

    /// <summary>The checkpoint's name of the first tensor.</summary>
    public string Name => _tensors[0].Name;

    /// <summary>How the checkpoint stores the weights, such as "q4_k" or "bfloat16"; several types joined by '+'.</summary>
    public string StoredAs =>
        string.Join('+',
            _tensors.Select(tensor => tensor.HadBlocks ? "blocks with an adapter" : tensor.Blocks ?? tensor.DataType.ToString().ToLowerInvariant()).Distinct());

    /// <summary>The blocks that all weights are packed into, in their order, or null.</summary>
    public BlockType? Blocks =>
        _rowMap is null && _columnMap is null && _tensors.All(tensor => tensor.BlockType == _tensors[0].BlockType) ? _tensors[0].BlockType : null;

    /// <summary>Whether the checkpoint packs any of the weights into blocks.</summary>
    public bool HasBlocks => _tensors.Any(tensor => tensor.BlockType is not null);

    /// <summary>The type of all weights if they are single numbers, binary32 if they are of several types; otherwise null.</summary>
    public TensorDataType? Numbers => Array.Exists(_tensors, tensor => tensor.BlockType is not null || tensor.HadBlocks) ? null
        : Array.TrueForAll(_tensors, tensor => tensor.DataType == _tensors[0].DataType) ? _tensors[0].DataType : TensorDataType.Float32;

    /// <summary>The tensors by themselves, if they are blocks of different types and their rows are as in the checkpoint; otherwise the matrix.</summary>
    public IReadOnlyList<RowSource> ByStorage =>
        _rowMap is null && _columnMap is null && HasBlocks && _tensors.DistinctBy(tensor => (tensor.BlockType, tensor.DataType)).Count() > 1
            ? [.. _tensors.Select(tensor => new RowSource(tensor))]
            : [this];

    /// <summary>The same matrix with rows in another order; a negative source row means zeros.</summary>
    public RowSource WithRows(int rows, Func<int, int> map) => new(this, rows, Width, map, _columnMap);

    /// <summary>The same matrix with columns in another order; a negative source column means zeros.</summary>
    public RowSource WithColumns(int width, Func<int, int> map) => new(this, Rows, width, _rowMap, map);

    /// <summary>Some of the rows.</summary>
    public RowSource Part(int first, int rows) => WithRows(rows, row => first + row);

    /// <summary>Reads consecutive rows.</summary>
    /// <exception cref="InvalidModelException">A weight is NaN or infinite.</exception>
    public void Read(CheckpointReader reader, int row, Span<float> destination)
    {
        if (_rowMap is null && _columnMap is null)
        {
            ReadStored(reader, row, destination);
            return;
        }

        var stored = new float[_storedWidth];
        for (; !destination.IsEmpty; destination = destination[Width..], row++)
        {
            var target = destination[..Width];
            var from = _rowMap is null ? row : _rowMap(row);
            target.Clear();
            if (from < 0) continue;
            ReadStored(reader, from, stored);
            for (var i = 0; i < Width; i++)
            {
                var column = _columnMap is null ? i : _columnMap(i);
                if (column >= 0) target[i] = stored[column];
            }
        }
    }

    /// <summary>Reads consecutive rows as blocks.</summary>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="type">The blocks' type: <see cref="Blocks"/>.</param>
    /// <param name="row">The first row.</param>
    /// <param name="destination">Receives the blocks; its length decides how many rows.</param>
    public void ReadBlocks(CheckpointReader reader, BlockType type, int row, Span<byte> destination)
    {
        var perRow = _storedWidth / type.Elements;
        foreach (var tensor in _tensors)
        {
            var rows = (int)RowsOf(tensor);
            if (row < rows && !destination.IsEmpty)
            {
                var part = destination[..(Math.Min(destination.Length / (perRow * type.Bytes), rows - row) * perRow * type.Bytes)];
                reader.FindBlocks(tensor.Name)!.ReadBlocks((long)row * perRow, part);
                destination = destination[part.Length..];
            }

            row = Math.Max(0, row - rows);
        }
    }

    private static long RowsOf(TensorInfo tensor) =>
        tensor.Shape.Count < 3 ? tensor.Shape[0] : tensor.Shape.SkipLast(1).Aggregate(1L, (product, size) => product * size);

    private void ReadStored(CheckpointReader reader, int row, Span<float> destination)
    {
        foreach (var tensor in _tensors)
        {
            var rows = (int)RowsOf(tensor);
            if (row >= rows)
            {
                row -= rows;
                continue;
            }

            var count = Math.Min(destination.Length / _storedWidth, rows - row);
            var part = destination[..(count * _storedWidth)];
            reader.Read(tensor.Name, (long)row * _storedWidth, part);
            if (!ElementTypes.AreFinite(part))
                throw new InvalidModelException(reader.Path, tensor.Name, "a weight is NaN or infinite; the checkpoint is damaged or its training diverged");
            destination = destination[part.Length..];
            if (destination.IsEmpty) return;
            row = 0;
        }
    }
}
