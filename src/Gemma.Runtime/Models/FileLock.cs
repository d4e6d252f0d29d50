namespace Gemma.Runtime.Models;

/// <summary>Lets one process at a time do a piece of work on disk: whoever does it holds a file open, which is let go even when that process dies.</summary>
internal static class FileLock
{
    // What a file that somebody holds open is reported as: Windows' sharing violation, EWOULDBLOCK of Linux and of macOS.
    private const int SharingViolation = unchecked((int)0x80070020);
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;

    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until the lock is free and takes it; disposing the stream lets it go.</summary>
    /// <param name="path">The lock's file, which is made, and stays unless the options say otherwise.</param>
    /// <param name="waiting">Called once if somebody else holds it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="options">How the file is opened, such as to be deleted when it is let go.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static async Task<FileStream> AcquireAsync(string path, Action waiting, TimeProvider time, CancellationToken cancellationToken,
        FileOptions options = FileOptions.None)
    {
        for (var first = true; ; first = false)
        {
            try
            {
                return Open(path, FileMode.OpenOrCreate, options);
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (first) waiting();
                await Task.Delay(Retry, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes a lock whose file is there and that nobody holds; null otherwise.</summary>
    /// <param name="path">The lock's file.</param>
    /// <param name="options">How the file is opened.</param>
    public static FileStream? TryAcquire(string path, FileOptions options)
    {
        try
        {
            return Open(path, FileMode.Open, options);
        }
        catch (Exception e) when (e is FileNotFoundException || (e is IOException held && IsHeld(held)))
        {
            return null;
        }
    }

    private static FileStream Open(string path, FileMode mode, FileOptions options) =>
        new(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, options);

    private static bool IsHeld(IOException e) => e.HResult is SharingViolation or LinuxWouldBlock or MacWouldBlock;
}
