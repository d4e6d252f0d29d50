using Microsoft.Win32.SafeHandles;

namespace Gemma.Conversion.Weights;

/// <summary>The weight file while it is written, at any offset from any thread.</summary>
internal sealed class WeightFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    public WeightFile(string path, long length) =>
        _handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, length);

    public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_handle, bytes, offset);

    public void Flush() => RandomAccess.FlushToDisk(_handle);

    public void Dispose() => _handle.Dispose();
}
