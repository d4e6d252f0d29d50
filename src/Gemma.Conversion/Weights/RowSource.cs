using Gemma.Conversion.Checkpoints;

namespace Gemma.Conversion.Weights;

/// <summary>A matrix [rows, width] that is read row by row: tensors of the checkpoint, one below the other.</summary>
internal sealed class RowSource
{
    private readonly TensorInfo[] _tensors;
    private readonly int _storedWidth;
    private readonly Func<int, int>? _rowMap;
    private readonly Func<int, int>? _columnMap;

    /// <param name="tensors">Matrices of one width, or vectors, which count as columns.</param>
    public RowSource(params TensorInfo[] tensors)
    {
        _tensors = tensors;
        Width = _storedWidth = tensors[0].Shape.Count == 1 ? 1 : checked((int)tensors[0].Shape[1]);
        Rows = checked((int)tensors.Sum(tensor => tensor.Shape[0]));
    }

    private RowSource(RowSource source, int rows, int width, Func<int, int>? rowMap, Func<int, int>? columnMap)
    {
        (_tensors, _storedWidth) = (source._tensors, source._storedWidth);
        (Rows, Width) = (rows, width);
        (_rowMap, _columnMap) = (rowMap, columnMap);
    }

    public int Rows { get; }

    public int Width { get; }

    /// <summary>The same matrix with rows in another order; a negative source row means zeros.</summary>
    public RowSource WithRows(int rows, Func<int, int> map) => new(this, rows, Width, map, _columnMap);

    /// <summary>The same matrix with columns in another order; a negative source column means zeros.</summary>
    public RowSource WithColumns(int width, Func<int, int> map) => new(this, Rows, width, _rowMap, map);

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

    private void ReadStored(CheckpointReader reader, int row, Span<float> destination)
    {
        foreach (var tensor in _tensors)
        {
            var rows = (int)tensor.Shape[0];
            if (row >= rows)
            {
                row -= rows;
                continue;
            }

            var count = Math.Min(destination.Length / _storedWidth, rows - row);
            var part = destination[..(count * _storedWidth)];
            reader.Read(tensor.Name, (long)row * _storedWidth, part);
            if (!ElementTypes.AreFinite(part)) throw new InvalidModelException(reader.Path, tensor.Name, "a weight is NaN or infinite; the checkpoint is damaged or its training diverged");
            destination = destination[part.Length..];
            if (destination.IsEmpty) return;
            row = 0;
        }
    }
}
