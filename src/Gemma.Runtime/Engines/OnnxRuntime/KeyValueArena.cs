using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>
/// The key-value cache of all sequences: per layer one key and one value tensor, [slots, heads, capacity, head size]. Attention writes new
/// positions in place, because past and present are bound to the same memory.
/// </summary>
internal sealed unsafe class KeyValueArena : IDisposable
{
    private readonly int _tensors;
    private readonly int _heads;
    private readonly int _headSize;
    private readonly TensorElementType _type;
    private readonly int _rowBytes;
    private NativeBuffer[] _buffers = [];

    public KeyValueArena(int tensors, int heads, int headSize, TensorElementType type)
    {
        _tensors = tensors;
        _heads = heads;
        _headSize = headSize;
        _type = type;
        _rowBytes = headSize * TensorElementTypes.SizeOf(type);
    }

    public int Slots { get; private set; }

    /// <summary>Tokens per slot.</summary>
    public int Capacity { get; private set; }

    /// <summary>Counts reallocations: views made before the last one are stale.</summary>
    public int Version { get; private set; }

    public long BytesPerToken => (long)_tensors * _heads * _rowBytes;

    public long Bytes => BytesPerToken * Capacity * Slots;

    /// <summary>Reallocates, keeping the first tokens of each slot. The old memory goes piece by piece, so that the peak is hardly above the larger of both.</summary>
    /// <param name="slots">The new number of slots.</param>
    /// <param name="capacity">The new number of tokens per slot.</param>
    /// <param name="targets">The new slot of each old one.</param>
    /// <param name="lengths">The tokens to keep per old slot.</param>
    /// <exception cref="EngineException">There is not enough memory; the arena is as before.</exception>
    public void Resize(int slots, int capacity, ReadOnlySpan<int> targets, ReadOnlySpan<int> lengths)
    {
        var slotBytes = checked((long)_heads * capacity * _rowBytes);
        var fresh = Allocate(checked(slotBytes * slots));
        for (var t = 0; t < _tensors; t++)
        {
            for (var slot = 0; slot < lengths.Length; slot++)
            {
                for (var head = 0; lengths[slot] > 0 && head < _heads; head++)
                {
                    var kept = (long)lengths[slot] * _rowBytes;
                    Buffer.MemoryCopy(Row(_buffers[t], slot, head), fresh[t].Pointer + (slotBytes * targets[slot]) + ((long)head * capacity * _rowBytes), kept, kept);
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
        var bytes = (long)length * _rowBytes;
        foreach (var buffer in _buffers)
        {
            for (var head = 0; head < _heads; head++) Buffer.MemoryCopy(Row(buffer, from, head), Row(buffer, to, head), bytes, bytes);
        }
    }

    public void Swap(int a, int aLength, int b, int bLength)
    {
        var rows = Math.Max(aLength, bLength) * (long)_rowBytes;
        using var scratch = new NativeBuffer(rows);
        foreach (var buffer in _buffers)
        {
            for (var head = 0; head < _heads; head++)
            {
                byte* left = Row(buffer, a, head), right = Row(buffer, b, head);
                Buffer.MemoryCopy(left, scratch.Pointer, rows, rows);
                Buffer.MemoryCopy(right, left, rows, rows);
                Buffer.MemoryCopy(scratch.Pointer, right, rows, rows);
            }
        }
    }

    /// <summary>A tensor over consecutive slots of one cache tensor; it does not own the memory.</summary>
    public OrtValue View(int tensor, int firstSlot, int slots) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance,
        _type,
        [slots, _heads, Capacity, _headSize],
        (nint)Row(_buffers[tensor], firstSlot, 0),
        (long)slots * _heads * Capacity * _rowBytes);

    public void Dispose()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
        _buffers = [];
    }

    // Pages cost nothing until they are written.
    private NativeBuffer[] Allocate(long bytes)
    {
        var buffers = new NativeBuffer[_tensors];
        try
        {
            for (var t = 0; t < _tensors; t++) buffers[t] = new NativeBuffer(bytes);
        }
        catch (OutOfMemoryException e)
        {
            foreach (var buffer in buffers) buffer?.Dispose();
            throw new EngineException($"There is not enough memory for a key-value cache of {bytes * _tensors} bytes; lower its budget.", e);
        }

        return buffers;
    }

    private byte* Row(NativeBuffer buffer, int slot, int head) => buffer.Pointer + ((((long)slot * _heads) + head) * Capacity * _rowBytes);
}
