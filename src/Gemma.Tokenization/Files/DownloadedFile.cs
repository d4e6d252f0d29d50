namespace Gemma.Tokenization.Files;

/// <summary>Tells files that only stand for those that were to be downloaded.</summary>
internal static class DownloadedFile
{
    private const int MaxBlank = 64;

    /// <summary>Returns the content of a file, unless it is a Git LFS pointer or a web page.</summary>
    /// <exception cref="InvalidModelException">It is.</exception>
    public static byte[] Check(string path, byte[] content)
    {
        ReadOnlySpan<byte> start = content;
        if (start.StartsWith("version https://git-lfs"u8)) throw new InvalidModelException(path, null, "this is a Git LFS pointer, not the file; run 'git lfs pull' in its folder");
        start = start[..Math.Min(start.Length, MaxBlank)].TrimStart(" \t\r\n"u8);
        if (start.StartsWith("<!DOCTYPE"u8) || start.StartsWith("<!doctype"u8) || start.StartsWith("<html"u8)) throw new InvalidModelException(path, null, "this is a web page, not the file; download it again, signed in where the model asks for it");
        return content;
    }
}
