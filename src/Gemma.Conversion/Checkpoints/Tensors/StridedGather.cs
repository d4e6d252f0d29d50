using System.Buffers;
using System.Runtime.InteropServices;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>
/// Collects the elements of a strided view in row-major order. Rows that are contiguous are read at once; a transposed matrix is read in tiles,
/// whose columns are contiguous in the file, so that memory stays small and reads stay long.
/// </summary>
internal sealed class StridedGather
{
    private const int TileColumns = 32;
    private const int WindowBytes = 1 << 16;
    private const int PrefetchBytes = 1 << 20;

    private readonly ByteSource _source;
    private readonly int _size;
    private readonly long _offset;
    private readonly long[] _sizes;
    private readonly long[] _strides;
    private readonly Lock _lock = new();
    private bool _prefetched;

    public StridedGather(ByteSource source, int elementSize, long offset, long[] sizes, long[] strides)
    {
        (_source, _size, _offset) = (source, elementSize, offset);
        List<(long Size, long Stride)> dimensions = [];
        foreach (var (size, stride) in sizes.Zip(strides))
        {
            if (size == 1) continue;
            if (dimensions is [.., var (outer, outerStride)] && outerStride == stride * size) dimensions[^1] = (outer * size, stride);
            else dimensions.Add((size, stride));
        }

        if (dimensions.Count == 0) dimensions.Add((1, 1));
        _sizes = [.. dimensions.Select(dimension => dimension.Size)];
        _strides = [.. dimensions.Select(dimension => dimension.Stride)];
    }

    /// <summary>Copies elements from a place in row-major order on.</summary>
    public void Read(long start, Span<byte> destination)
    {
        var (width, step) = (_sizes[^1], _strides[^1]);
        while (!destination.IsEmpty)
        {
            var wanted = destination.Length / _size;
            var (row, column) = Math.DivRem(start, width);
            var count = Math.Min(wanted, width - column);
            if (step != 1 && _sizes.Length > 1 && _strides[^2] == 1 && column == 0 && wanted >= width)
            {
                var rows = (int)Math.Min(wanted / width, _sizes[^2] - (row % _sizes[^2]));
                count = rows * width;
                Prefetch();
                ReadTransposed(RowStart(row), rows, (int)width, step, destination[..((int)count * _size)]);
            }
            else
            {
                ReadRow(RowStart(row) + (column * step), step, destination[..((int)count * _size)]);
            }

            start += count;
            destination = destination[((int)count * _size)..];
        }
    }

    // The element where a row of the innermost dimension begins.
    private long RowStart(long row)
    {
        var element = _offset;
        for (var i = _sizes.Length - 2; i >= 0; i--)
        {
            (row, var index) = Math.DivRem(row, _sizes[i]);
            element += index * _strides[i];
        }

        return element;
    }

    private void ReadRow(long element, long step, Span<byte> destination)
    {
        if (step == 1)
        {
            _source.Read(element * _size, destination);
            return;
        }

        // Elements close together are read with what lies between them; far ones alone.
        var count = destination.Length / _size;
        var perWindow = step == 0 ? count : (int)Math.Clamp((WindowBytes / _size / step) + 1, 1, count);
        var window = ArrayPool<byte>.Shared.Rent(checked((int)(((perWindow - 1) * step) + 1) * _size));
        try
        {
            for (var first = 0; first < count; first += perWindow)
            {
                var here = Math.Min(perWindow, count - first);
                _source.Read((element + (first * step)) * _size, window.AsSpan(0, (int)(((here - 1) * step) + 1) * _size));
                for (var i = 0; i < here; i++) window.AsSpan((int)(i * step) * _size, _size).CopyTo(destination[((first + i) * _size)..]);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    // Columns are short runs. A file that is read once from begin to end comes in long ones, and stays in the system's cache for the short ones.
    private void Prefetch()
    {
        lock (_lock)
        {
            if (_prefetched) return;
            _prefetched = true;
            var (position, end) = (_offset * _size, (_offset + 1) * _size);
            for (var i = 0; i < _sizes.Length; i++) end += (_sizes[i] - 1) * _strides[i] * _size;
            if (end - position <= PrefetchBytes) return;
            var block = ArrayPool<byte>.Shared.Rent(PrefetchBytes);
            try
            {
                for (; position < end; position += PrefetchBytes) _source.Read(position, block.AsSpan(0, (int)Math.Min(PrefetchBytes, end - position)));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(block);
            }
        }
    }

    private void ReadTransposed(long element, int rows, int width, long step, Span<byte> destination)
    {
        var tile = ArrayPool<byte>.Shared.Rent(Math.Min(TileColumns, width) * rows * _size);
        try
        {
            for (var first = 0; first < width; first += TileColumns)
            {
                var columns = Math.Min(TileColumns, width - first);
                for (var i = 0; i < columns; i++) _source.Read((element + ((first + i) * step)) * _size, tile.AsSpan(i * rows * _size, rows * _size));
                var part = tile.AsSpan(0, columns * rows * _size);
                switch (_size)
                {
                    case 1:
                        Turn<byte>(part, destination, rows, columns, width, first);
                        break;
                    case 2:
                        Turn<ushort>(part, destination, rows, columns, width, first);
                        break;
                    case 4:
                        Turn<uint>(part, destination, rows, columns, width, first);
                        break;
                    default:
                        Turn<ulong>(part, destination, rows, columns, width, first);
                        break;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(tile);
        }
    }

    private static void Turn<T>(ReadOnlySpan<byte> tile, Span<byte> destination, int rows, int columns, int width, int first)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(tile);
        var target = MemoryMarshal.Cast<byte, T>(destination);
        for (var row = 0; row < rows; row++)
        {
            var line = target.Slice((row * width) + first, columns);
            for (var column = 0; column < columns; column++) line[column] = source[(column * rows) + row];
        }
    }
}
