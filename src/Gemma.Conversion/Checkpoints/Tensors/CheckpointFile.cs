using Gemma.IO;
using Microsoft.Win32.SafeHandles;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>An open weight file. It is read with positioned reads, not mapped, so that what was read does not count as the process's memory.</summary>
internal sealed class CheckpointFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private CheckpointFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>Its bytes.</summary>
    public long Length { get; }

    /// <summary>Opens a file for reading. Links are followed: the Hugging Face cache consists of them.</summary>
    /// <exception cref="InvalidModelException">The file is missing or only stands for one that was not downloaded.</exception>
    public static CheckpointFile Open(string path)
    {
        if (!File.Exists(path)) throw new InvalidModelException(path, null, "the file is missing");
        RegularFile.Ensure(path);
        var file = new CheckpointFile(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess));
        try
        {
            if (file.Length == 0) throw file.Error(null, "the file is empty; download it again");
            Span<byte> start = stackalloc byte[DownloadedFile.StartLength];
            DownloadedFile.Check(path, start[..RandomAccess.Read(file._handle, start, 0)]);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file begins with these bytes.</summary>
    public bool StartsWith(ReadOnlySpan<byte> prefix)
    {
        if (Length < prefix.Length) return false;
        Span<byte> start = stackalloc byte[prefix.Length];
        Read(0, start);
        return start.SequenceEqual(prefix);
    }

    /// <summary>Copies bytes.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = RandomAccess.Read(_handle, destination, offset);
            if (count == 0) throw Error(null, "the file became shorter while it was read");
            offset += count;
            destination = destination[count..];
        }
    }

    /// <summary>The error for this file.</summary>
    public InvalidModelException Error(string? field, string problem, Exception? cause = null) => new(Path, field, problem, cause);

    public void Dispose() => _handle.Dispose();
}
