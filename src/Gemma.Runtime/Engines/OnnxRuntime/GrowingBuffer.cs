using Gemma.Runtime.Engines.OnnxRuntime.Memory;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>A native buffer that is replaced by a larger one when a run needs more.</summary>
internal sealed class GrowingBuffer : IDisposable
{
    private NativeBuffer? _buffer;

    public NativeBuffer Buffer => _buffer ?? throw new InvalidOperationException("The buffer was not reserved.");

    /// <summary>Makes the buffer at least <paramref name="bytes"/> long.</summary>
    /// <returns>Whether it moved: its former content and address are gone.</returns>
    public bool Reserve(long bytes)
    {
        if (_buffer is not null && _buffer.Length >= bytes) return false;
        _buffer?.Dispose();
        _buffer = new NativeBuffer(Math.Max(bytes, sizeof(long)));
        return true;
    }

    public Span<T> Span<T>(int count)
        where T : unmanaged => count == 0 ? [] : Buffer.Span<T>(0, count);

    public void Dispose()
    {
        _buffer?.Dispose();
        _buffer = null;
    }
}
