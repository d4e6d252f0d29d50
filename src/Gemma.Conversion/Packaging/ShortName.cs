using System.Security.Cryptography;
using System.Text;

namespace Gemma.Conversion.Packaging;

/// <summary>File names that leave room for a suffix: file systems allow 255 bytes.</summary>
internal static class ShortName
{
    private const int MaxBytes = 255;

    /// <summary>The name, or its beginning and a digest of all of it.</summary>
    /// <param name="name">A file name.</param>
    /// <param name="suffixBytes">Bytes that will be appended.</param>
    public static string Of(string name, int suffixBytes)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        if (bytes.Length + suffixBytes <= MaxBytes) return name;
        var digest = "~" + Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8));
        var length = 0;
        var kept = MaxBytes - suffixBytes - digest.Length;
        foreach (var rune in name.EnumerateRunes())
        {
            if ((kept -= rune.Utf8SequenceLength) < 0) break;
            length += rune.Utf16SequenceLength;
        }

        return name[..length] + digest;
    }
}
