using Gemma.Runtime.Engines.Native;
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
internal sealed unsafe class KeyValueArena(KeyValueLayout layout, TensorElementType type) : IDisposable
{
    private readonly KeyValueCache[] _tensors = [.. layout.Caches.SelectMany(cache => (KeyValueCache[])[cache, cache])];
    private readonly int _elementSize = TensorElementTypes.SizeOf(type);
    private NativeBuffer[] _buffers = [];

    public int Slots { get; private set; }

    /// <summary>Rows per slot.</summary>
    public CacheRows Capacity { get; private set; }

    /// <summary>Counts reallocations: views made before the last one are stale.</summary>
    public int Version { get; private set; }

    public long BytesPerToken => layout.ElementsPerToken * _elementSize;

    /// <summary>The part of <see cref="BytesPerToken"/> in caches of sliding-window layers.</summary>
    public long WindowBytesPerToken => layout.WindowElementsPerToken * _elementSize;

    public long Bytes => BytesOf(Slots, Capacity);

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
            var rowBytes = RowBytes(t);
            for (var slot = 0; slot < kept.Length; slot++)
            {
                var bytes = RowsOf(t, kept[slot]) * rowBytes;
                for (var head = 0; bytes > 0 && head < _tensors[t].KeyValueHeads; head++)
                {
                    Buffer.MemoryCopy(Row(t, slot, head), fresh[t].Pointer
                        + ((((long)targets[slot] * _tensors[t].KeyValueHeads) + head) * RowsOf(t, capacity) * rowBytes), bytes, bytes);
                }
            }

            if (t < _buffers.Length) _buffers[t].Dispose();
        }

        _buffers = fresh;
        Slots = slots;
        Capacity = capacity;
        Version++;
    }

    public void Copy(int from, int to, CacheRows rows)
    {
        for (var t = 0; t < _buffers.Length; t++)
        {
            var bytes = RowsOf(t, rows) * RowBytes(t);
            for (var head = 0; head < _tensors[t].KeyValueHeads; head++) Buffer.MemoryCopy(Row(t, from, head), Row(t, to, head), bytes, bytes);
        }
    }

    /// <summary>Exchanges the first rows of two slots.</summary>
    public void Swap(int a, int b, CacheRows rows)
    {
        using var scratch = new NativeBuffer(Enumerable.Range(0, _buffers.Length).Max(t => RowsOf(t, rows) * RowBytes(t)));
        for (var t = 0; t < _buffers.Length; t++)
        {
            var bytes = RowsOf(t, rows) * RowBytes(t);
            for (var head = 0; head < _tensors[t].KeyValueHeads; head++)
            {
                byte* left = Row(t, a, head), right = Row(t, b, head);
                Buffer.MemoryCopy(left, scratch.Pointer, bytes, bytes);
                Buffer.MemoryCopy(right, left, bytes, bytes);
                Buffer.MemoryCopy(scratch.Pointer, right, bytes, bytes);
            }
        }
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

    // Pages cost nothing until they are written.
    private NativeBuffer[] Allocate(int slots, CacheRows capacity)
    {
        var buffers = new NativeBuffer[_tensors.Length];
        try
        {
            for (var t = 0; t < buffers.Length; t++) buffers[t] = new NativeBuffer(checked(slots * SlotBytes(t, capacity)));
        }
        catch (OutOfMemoryException e)
        {
            foreach (var buffer in buffers) buffer?.Dispose();
            throw new EngineException($"There is not enough memory for a key-value cache of {BytesOf(slots, capacity)} bytes; lower its budget.", e);
        }

        return buffers;
    }

    private long RowBytes(int tensor) => (long)_tensors[tensor].HeadSize * _elementSize;

    private int RowsOf(int tensor, CacheRows rows) => _tensors[tensor].Window is null ? rows.All : rows.Window;

    private long SlotBytes(int tensor, CacheRows capacity) => checked(_tensors[tensor].KeyValueHeads * RowBytes(tensor) * RowsOf(tensor, capacity));

    private byte* Row(int tensor, int slot, int head) =>
        _buffers[tensor].Pointer + ((((long)slot * _tensors[tensor].KeyValueHeads) + head) * RowsOf(tensor, Capacity) * RowBytes(tensor));
}
