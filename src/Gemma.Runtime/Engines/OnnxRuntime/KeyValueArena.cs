using Gemma.Runtime.Engines.Native;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Models.Architecture;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>
/// The key-value cache of all sequences: per cache one key and one value tensor, [slots, heads, capacity, head size]. Attention writes new
/// positions in place, because past and present are bound to the same memory. Caches of sliding-window layers have a smaller capacity.
/// </summary>
/// <param name="layout">The caches, whose tensors are key and value of the first, of the second, …</param>
/// <param name="type">The element type.</param>
/// <param name="isSparse">Whether a slot takes memory only for rows that were written.</param>
internal sealed unsafe class KeyValueArena(KeyValueLayout layout, TensorElementType type, bool isSparse) : IDisposable
{
    private readonly KeyValueCache[] _tensors = [.. layout.Caches.SelectMany(cache => (KeyValueCache[])[cache, cache])];
    private readonly int _elementSize = TensorElementTypes.SizeOf(type);
    private CacheBuffer[] _buffers = [];
    private CacheRows[] _used = [];
    private long _usedBytes;

    /// <summary>Whether a slot takes memory only for rows that were written.</summary>
    public bool IsSparse => isSparse;

    public int Slots { get; private set; }

    /// <summary>Rows per slot.</summary>
    public CacheRows Capacity { get; private set; }

    /// <summary>Counts reallocations: views made before the last one are stale.</summary>
    public int Version { get; private set; }

    public long BytesPerToken { get; } = layout.ElementsPerToken * TensorElementTypes.SizeOf(type);

    /// <summary>The part of <see cref="BytesPerToken"/> in caches of sliding-window layers.</summary>
    public long WindowBytesPerToken { get; } = layout.WindowElementsPerToken * TensorElementTypes.SizeOf(type);

    /// <summary>Bytes of what was written, or of all slots if the arena is not sparse. Callable from any thread.</summary>
    public long Bytes => isSparse ? Volatile.Read(ref _usedBytes) : BytesOf(Slots, Capacity);

    /// <summary><see cref="Bytes"/> once so many rows of a slot, or of one more if it is negative, are written.</summary>
    public long BytesWith(int slot, CacheRows rows)
    {
        if (!isSparse) return Bytes;
        var used = slot < 0 ? default : _used[slot];
        return _usedBytes + BytesOf(1, rows.Max(used)) - BytesOf(1, used);
    }

    /// <summary>Bytes of an arena.</summary>
    public long BytesOf(int slots, CacheRows capacity) =>
        slots * (((BytesPerToken - WindowBytesPerToken) * capacity.All) + (WindowBytesPerToken * capacity.Window));

    /// <summary>
    /// Reallocates, keeping the first rows of each slot. The old memory goes piece by piece, so that the peak is hardly above the larger of both.
    /// </summary>
    /// <param name="slots">The new number of slots.</param>
    /// <param name="capacity">The new number of rows per slot.</param>
    /// <param name="targets">The new slot of each old one.</param>
    /// <param name="kept">The rows to keep per old slot.</param>
    /// <exception cref="EngineException">There is not enough memory; the arena is as before.</exception>
    public void Resize(int slots, CacheRows capacity, ReadOnlySpan<int> targets, ReadOnlySpan<CacheRows> kept)
    {
        var fresh = Allocate(slots, capacity);
        for (var t = 0; t < _tensors.Length; t++)
        {
            for (var slot = 0; slot < kept.Length; slot++)
            {
                var bytes = RowsOf(t, kept[slot]) * RowBytes(t);
                for (var head = 0; bytes > 0 && head < _tensors[t].KeyValueHeads; head++)
                {
                    Buffer.MemoryCopy(Row(t, slot, head), fresh[t].Pointer + Offset(t, targets[slot], head, capacity), bytes, bytes);
                }
            }

            if (t < _buffers.Length) _buffers[t].Dispose();
        }

        _buffers = fresh;
        _used = new CacheRows[slots];
        Volatile.Write(ref _usedBytes, 0);
        Slots = slots;
        Capacity = capacity;
        Version++;
    }

    /// <summary>Takes and counts the memory of rows that are about to be written.</summary>
    public void Use(int slot, CacheRows rows)
    {
        if (!isSparse || rows.Fit(_used[slot])) return;
        for (var t = 0; t < _buffers.Length; t++)
        {
            var (from, to) = (RowsOf(t, _used[slot]) * RowBytes(t), RowsOf(t, rows) * RowBytes(t));
            for (var head = 0; from < to && head < _tensors[t].KeyValueHeads; head++)
            {
                var start = Offset(t, slot, head, Capacity);
                _buffers[t].Populate(start + from, start + to);
            }
        }

        Count(slot, rows.Max(_used[slot]));
    }

    /// <summary>Gives the memory of all but the first rows of a slot back, if the arena is sparse.</summary>
    public void Release(int slot, CacheRows rows)
    {
        if (!isSparse || _used[slot].Fit(rows)) return;
        for (var t = 0; t < _buffers.Length; t++) Release(t, slot, RowsOf(t, rows));
        Count(slot, rows.Min(_used[slot]));
    }

    public void Copy(int from, int to, CacheRows rows)
    {
        for (var t = 0; t < _buffers.Length; t++)
        {
            var bytes = RowsOf(t, rows) * RowBytes(t);
            for (var head = 0; head < _tensors[t].KeyValueHeads; head++) Buffer.MemoryCopy(Row(t, from, head), Row(t, to, head), bytes, bytes);
        }
    }

    /// <summary>Exchanges two slots.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    /// <param name="rowsOfA">The rows of the first that have content.</param>
    /// <param name="rowsOfB">The rows of the second.</param>
    /// <param name="kept">
    /// What each slot may have afterwards, where both cannot be as long as the longer one at the same time: the rest goes, tensor by tensor.
    /// </param>
    public void Swap(int a, int b, CacheRows rowsOfA, CacheRows rowsOfB, (CacheRows OfA, CacheRows OfB)? kept)
    {
        var shorter = rowsOfA.Min(rowsOfB);
        var longest = 0L;
        for (var t = 0; t < _buffers.Length; t++) longest = Math.Max(longest, RowsOf(t, shorter) * RowBytes(t));
        using var scratch = new NativeBuffer(longest);
        for (var t = 0; t < _buffers.Length; t++)
        {
            var (bytesOfA, bytesOfB) = (RowsOf(t, rowsOfA) * RowBytes(t), RowsOf(t, rowsOfB) * RowBytes(t));
            for (var head = 0; head < _tensors[t].KeyValueHeads; head++)
            {
                byte* left = Row(t, a, head), right = Row(t, b, head);
                if (bytesOfA <= bytesOfB) Exchange(left, bytesOfA, right, bytesOfB, scratch.Pointer);
                else Exchange(right, bytesOfB, left, bytesOfA, scratch.Pointer);
            }

            if (kept is not { } rows) continue;
            Release(t, a, RowsOf(t, rows.OfA));
            Release(t, b, RowsOf(t, rows.OfB));
        }

        if (kept is not { } both) return;
        Count(a, both.OfA);
        Count(b, both.OfB);
    }

    /// <summary>Drops the first rows of a slot in the caches of sliding-window layers.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="count">Rows to drop.</param>
    /// <param name="kept">Rows behind them.</param>
    public void Drop(int slot, int count, int kept)
    {
        for (var t = 0; t < _buffers.Length; t++)
        {
            if (_tensors[t].Window is null) continue;
            var bytes = kept * RowBytes(t);
            for (var head = 0; head < _tensors[t].KeyValueHeads; head++)
            {
                var first = Row(t, slot, head);
                Buffer.MemoryCopy(first + (count * RowBytes(t)), first, bytes, bytes);
            }
        }
    }

    /// <summary>A tensor over consecutive slots of one cache tensor; it does not own the memory.</summary>
    public OrtValue View(int tensor, int firstSlot, int slots) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance,
        type,
        [slots, _tensors[tensor].KeyValueHeads, RowsOf(tensor, Capacity), _tensors[tensor].HeadSize],
        (nint)Row(tensor, firstSlot, 0),
        slots * SlotBytes(tensor, Capacity));

    public void Dispose()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
        _buffers = [];
    }

    private static void Exchange(byte* few, long fewBytes, byte* many, long manyBytes, byte* scratch)
    {
        Buffer.MemoryCopy(few, scratch, fewBytes, fewBytes);
        Buffer.MemoryCopy(many, few, manyBytes, manyBytes);
        Buffer.MemoryCopy(scratch, many, fewBytes, fewBytes);
    }

    private void Count(int slot, CacheRows rows)
    {
        Volatile.Write(ref _usedBytes, _usedBytes + BytesOf(1, rows) - BytesOf(1, _used[slot]));
        _used[slot] = rows;
    }

    private void Release(int tensor, int slot, int rows)
    {
        for (var head = 0; head < _tensors[tensor].KeyValueHeads; head++)
        {
            var start = Offset(tensor, slot, head, Capacity);
            _buffers[tensor].Release(start + (rows * RowBytes(tensor)), start + (RowsOf(tensor, Capacity) * RowBytes(tensor)));
        }
    }

    private CacheBuffer[] Allocate(int slots, CacheRows capacity)
    {
        var buffers = new CacheBuffer[_tensors.Length];
        try
        {
            for (var t = 0; t < buffers.Length; t++) buffers[t] = new CacheBuffer(checked(slots * SlotBytes(t, capacity)), isSparse);
        }
        catch (OutOfMemoryException e)
        {
            foreach (var buffer in buffers) buffer?.Dispose();
            throw new EngineException(
                $"There is no memory, or no address, for a key-value cache of {BytesOf(slots, capacity)} bytes; lower its budget or the context.", e);
        }

        return buffers;
    }

    private long RowBytes(int tensor) => (long)_tensors[tensor].HeadSize * _elementSize;

    private int RowsOf(int tensor, CacheRows rows) => _tensors[tensor].Window is null ? rows.All : rows.Window;

    private long SlotBytes(int tensor, CacheRows capacity) => checked(_tensors[tensor].KeyValueHeads * RowBytes(tensor) * RowsOf(tensor, capacity));

    private byte* Row(int tensor, int slot, int head) => _buffers[tensor].Pointer + Offset(tensor, slot, head, Capacity);

    // Where a slot's attention head begins in a tensor.
    private long Offset(int tensor, int slot, int head, CacheRows capacity) =>
        (((long)slot * _tensors[tensor].KeyValueHeads) + head) * RowsOf(tensor, capacity) * RowBytes(tensor);
}
