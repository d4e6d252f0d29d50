using Gemma.IO;

namespace Gemma.Tokenization.Files;

/// <summary>Reads a tokenizer's files as a whole.</summary>
internal static class TokenizerFile
{
    /// <summary>The bytes of a file.</summary>
    /// <exception cref="InvalidModelException">The file is missing, unreadable or larger than allowed.</exception>
    public static byte[] ReadAllBytes(string path, long maxBytes)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new InvalidModelException(path, null, "the file is missing");
        if (file.Length > maxBytes) throw new InvalidModelException(path, null, $"the file has {file.Length} bytes, more than any Gemma tokenizer");
        RegularFile.Ensure(path);
        try
        {
            var content = File.ReadAllBytes(path);
            DownloadedFile.Check(path, content);
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidModelException(path, null, $"the file cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }
}
