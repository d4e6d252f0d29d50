namespace Gemma.IO;

/// <summary>Tells files that only stand for those that were to be downloaded.</summary>
internal static class DownloadedFile
{
    /// <summary>As many bytes of a file as tell what it is.</summary>
    public const int StartLength = 64;

    /// <summary>Refuses a file that is a Git LFS pointer or a web page.</summary>
    /// <param name="path">Its path, for the message.</param>
    /// <param name="start">Its first bytes, <see cref="StartLength"/> if there are as many.</param>
    /// <exception cref="InvalidModelException">It is one.</exception>
    public static void Check(string path, ReadOnlySpan<byte> start)
    {
        start = start[..Math.Min(start.Length, StartLength)];
        if (start.StartsWith("version https://git-lfs"u8))
            throw new InvalidModelException(path, null, "this is a Git LFS pointer, not the file; run 'git lfs pull' in its folder");
        start = start.TrimStart(" \t\r\n"u8);
        if (!start.StartsWith("<!DOCTYPE"u8) && !start.StartsWith("<!doctype"u8) && !start.StartsWith("<html"u8)) return;
        throw new InvalidModelException(path, null, "this is a web page, not the file; download it again, signed in where the model asks for it");
    }
}
