using Gemma.Runtime.Models.Architecture;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>
/// The key-value cache of all sequences: per cache one key and one value tensor, [slots, heads, capacity, head size]. Attention writes new
/// positions in place, because past and present are bound to the same memory.
/// </summary>
/// <param name="layout">The caches, whose tensors are key and value of the first, of the second, …</param>
/// <param name="type">The element type.</param>
internal sealed unsafe class KeyValueArena(KeyValueLayout layout, TensorElementType type) : IDisposable
{
    private readonly KeyValueCache[] _tensors = [.. layout.Caches.SelectMany(cache => (KeyValueCache[])[cache, cache])];
    private readonly int _elementSize = TensorElementTypes.SizeOf(type);
    private NativeBuffer[] _buffers = [];

    public int Slots { get; private set; }

    /// <summary>Tokens per slot.</summary>
    public int Capacity { get; private set; }

    /// <summary>Counts reallocations: views made before the last one are stale.</summary>
    public int Version { get; private set; }

    public long BytesPerToken => layout.ElementsPerToken * _elementSize;

    public long Bytes => BytesPerToken * Capacity * Slots;

    /// <summary>Reallocates, keeping the first tokens of each slot. The old memory goes piece by piece, so that the peak is hardly above the larger of both.</summary>
    /// <param name="slots">The new number of slots.</param>
    /// <param name="capacity">The new number of tokens per slot.</param>
    /// <param name="targets">The new slot of each old one.</param>
    /// <param name="lengths">The tokens to keep per old slot.</param>
    /// <exception cref="EngineException">There is not enough memory; the arena is as before.</exception>
    public void Resize(int slots, int capacity, ReadOnlySpan<int> targets, ReadOnlySpan<int> lengths)
    {
        var fresh = Allocate(slots, capacity);
        for (var t = 0; t < _tensors.Length; t++)
        {
            var rowBytes = RowBytes(t);
            for (var slot = 0; slot < lengths.Length; slot++)
            {
                for (var head = 0; lengths[slot] > 0 && head < _tensors[t].Heads; head++)
                {
                    var kept = lengths[slot] * rowBytes;
                    Buffer.MemoryCopy(Row(t, slot, head), fresh[t].Pointer + ((((long)targets[slot] * _tensors[t].Heads) + head) * capacity * rowBytes), kept, kept);
                }
            }

            if (t < _buffers.Length) _buffers[t].Dispose();
        }

        _buffers = fresh;
        Slots = slots;
        Capacity = capacity;
        Version++;
    }

    public void Copy(int from, int to, int length)
    {
        for (var t = 0; t < _buffers.Length; t++)
        {
            var bytes = length * RowBytes(t);
            for (var head = 0; head < _tensors[t].Heads; head++) Buffer.MemoryCopy(Row(t, from, head), Row(t, to, head), bytes, bytes);
        }
    }

    public void Swap(int a, int aLength, int b, int bLength)
    {
        var rows = Math.Max(aLength, bLength);
        using var scratch = new NativeBuffer(Enumerable.Range(0, _buffers.Length).Max(RowBytes) * rows);
        for (var t = 0; t < _buffers.Length; t++)
        {
            var bytes = rows * RowBytes(t);
            for (var head = 0; head < _tensors[t].Heads; head++)
            {
                byte* left = Row(t, a, head), right = Row(t, b, head);
                Buffer.MemoryCopy(left, scratch.Pointer, bytes, bytes);
                Buffer.MemoryCopy(right, left, bytes, bytes);
                Buffer.MemoryCopy(scratch.Pointer, right, bytes, bytes);
            }
        }
    }

    /// <summary>A tensor over consecutive slots of one cache tensor; it does not own the memory.</summary>
    public OrtValue View(int tensor, int firstSlot, int slots) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance,
        type,
        [slots, _tensors[tensor].Heads, Capacity, _tensors[tensor].HeadSize],
        (nint)Row(tensor, firstSlot, 0),
        slots * SlotBytes(tensor, Capacity));

    public void Dispose()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
        _buffers = [];
    }

    // Pages cost nothing until they are written.
    private NativeBuffer[] Allocate(int slots, int capacity)
    {
        var buffers = new NativeBuffer[_tensors.Length];
        try
        {
            for (var t = 0; t < buffers.Length; t++) buffers[t] = new NativeBuffer(checked(slots * SlotBytes(t, capacity)));
        }
        catch (OutOfMemoryException e)
        {
            foreach (var buffer in buffers) buffer?.Dispose();
            throw new EngineException($"There is not enough memory for a key-value cache of {BytesPerToken * capacity * slots} bytes; lower its budget.", e);
        }

        return buffers;
    }

    private long RowBytes(int tensor) => (long)_tensors[tensor].HeadSize * _elementSize;

    private long SlotBytes(int tensor, int capacity) => checked(_tensors[tensor].Heads * RowBytes(tensor) * capacity);

    private byte* Row(int tensor, int slot, int head) => _buffers[tensor].Pointer + ((((long)slot * _tensors[tensor].Heads) + head) * Capacity * RowBytes(tensor));
}
