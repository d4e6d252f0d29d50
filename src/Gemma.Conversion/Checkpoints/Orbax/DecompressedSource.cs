using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Orbax;

/// <summary>
/// Compressed bytes that are decompressed into a temporary file when they are first read, since tensors are read in pieces. The file is gone with this object.
/// </summary>
/// <param name="path">The checkpoint, for messages.</param>
/// <param name="name">The array, for messages.</param>
/// <param name="compressed">Zstandard data.</param>
/// <param name="length">Bytes of the content.</param>
internal sealed class DecompressedSource(string path, string name, ByteSource compressed, long length) : ByteSource, IDisposable
{
    private const int BufferBytes = 1 << 16;

    private readonly Lock _lock = new();
    private FileStream? _file;

    public override long Length => length;

    public override void Read(long offset, Span<byte> destination)
    {
        var handle = Content().SafeFileHandle;
        while (!destination.IsEmpty)
        {
            var count = RandomAccess.Read(handle, destination, offset);
            if (count == 0) throw new InvalidModelException(path, name, "the decompressed array became shorter while it was read");
            offset += count;
            destination = destination[count..];
        }
    }

    public void Dispose() => _file?.Dispose();

    private FileStream Content()
    {
        lock (_lock)
        {
            if (_file is not null) return _file;
            var file = new FileStream(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"gemma-{Guid.NewGuid():N}.tmp"), new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Options = FileOptions.DeleteOnClose,
                BufferSize = BufferBytes,
            });
            try
            {
                // Where an open file may lose its name, a process that is killed leaves nothing.
                if (!OperatingSystem.IsWindows()) File.Delete(file.Name);
                using var stream = new BufferedStream(new ByteSourceStream(compressed), BufferBytes);
                ZstdDecoder.Decompress(stream, file, length, length);
                file.Flush();
                return _file = file;
            }
            catch (InvalidDataException e)
            {
                file.Dispose();
                throw new InvalidModelException(path, name, $"the compressed array is damaged ({e.Message}); download the checkpoint again", e);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
    }
}
