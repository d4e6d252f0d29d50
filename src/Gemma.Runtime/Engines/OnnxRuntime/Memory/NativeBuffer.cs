using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.OnnxRuntime.Memory;

/// <summary>Zeroed native memory, aligned for vector loads.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const int Alignment = 64;
    private byte* _block;

    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;

        // calloc hands out fresh zero pages for big blocks; an aligned allocation would have to be cleared page by page.
        _block = (byte*)NativeMemory.AllocZeroed(checked((nuint)length + Alignment));
        Pointer = (byte*)(((nint)_block + Alignment - 1) & ~(nint)(Alignment - 1));
        GC.AddMemoryPressure(Math.Max(1, length));
    }

    ~NativeBuffer() => Free();

    public long Length { get; }

    public byte* Pointer { get; private set; }

    public Span<T> Span<T>(long byteOffset, int count)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(Pointer is null, this);
        if ((ulong)byteOffset + ((ulong)count * (ulong)sizeof(T)) > (ulong)Length) throw new ArgumentOutOfRangeException(nameof(count));
        return new Span<T>(Pointer + byteOffset, count);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_block is null) return;
        NativeMemory.Free(_block);
        _block = null;
        Pointer = null;
        GC.RemoveMemoryPressure(Math.Max(1, Length));
    }
}
