namespace Gemma.Runtime.Models;

/// <summary>Lets one process at a time do a piece of work on disk: whoever does it holds a file open, which is let go even when that process dies.</summary>
internal static class FileLock
{
    // What a file that somebody holds open is reported as: Windows' sharing violation, EWOULDBLOCK of Linux and of macOS.
    private const int SharingViolation = unchecked((int)0x80070020);
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until the lock is free and takes it; disposing the stream lets it go.</summary>
    /// <param name="path">The lock's file, which is made and stays.</param>
    /// <param name="waiting">Called once if somebody else holds it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static async Task<FileStream> AcquireAsync(string path, Action waiting, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var first = true; ; first = false)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e.HResult is SharingViolation or LinuxWouldBlock or MacWouldBlock)
            {
                if (first) waiting();
                await Task.Delay(s_retry, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
