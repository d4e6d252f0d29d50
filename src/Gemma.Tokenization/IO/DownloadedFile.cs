using System.Text;

namespace Gemma.IO;

/// <summary>Tells files that only stand for those that were to be downloaded.</summary>
internal static class DownloadedFile
{
    // The only kind of file of a model that may be plain words.
    private const string TemplateExtension = ".jinja";

    /// <summary>As many bytes of a file as tell what it is.</summary>
    public const int StartLength = 64;

    /// <summary>Refuses a file that is a Git LFS pointer, a web page or a server's message in plain words.</summary>
    /// <param name="path">Its path, for the message.</param>
    /// <param name="start">Its first bytes, <see cref="StartLength"/> if there are as many.</param>
    /// <exception cref="InvalidModelException">It is one.</exception>
    public static void Check(string path, ReadOnlySpan<byte> start)
    {
        start = start[..Math.Min(start.Length, StartLength)];
        if (start.StartsWith("version https://git-lfs"u8))
            throw new InvalidModelException(path, null, "this is a Git LFS pointer, not the file; run 'git lfs pull' in its folder");
        start = start.TrimStart(" \t\r\n"u8);
        if (start.StartsWith("<!DOCTYPE"u8) || start.StartsWith("<!doctype"u8) || start.StartsWith("<html"u8))
            throw new InvalidModelException(path, null, "this is a web page, not the file; download it again, signed in where the model asks for it");
        if (!IsWords(start) || path.EndsWith(TemplateExtension, StringComparison.Ordinal)) return;
        var words = Encoding.ASCII.GetString(start).ReplaceLineEndings(" ").TrimEnd();
        throw new InvalidModelException(path, null,
            $"this is not the file but a text ('{words}'); download it again, signed in where the model asks for it");
    }

    // JSON and the binary formats begin otherwise.
    private static bool IsWords(ReadOnlySpan<byte> start) => !start.IsEmpty
        && char.IsAsciiLetter((char)start[0])
        && start.Contains((byte)' ')
        && !start.ContainsAnyExceptInRange((byte)'\t', (byte)'~')
        && char.IsAsciiLetter((char)start[1])
        && char.IsAsciiLetter((char)start[Math.Min(start.IndexOf((byte)' ') + 1, start.Length - 1)]);
}
