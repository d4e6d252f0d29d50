using System.Security.Cryptography;

namespace Gemma.Jobs;

/// <summary>Reads a file once to know what it is.</summary>
internal static class InputScanner
{
    public static async Task<JobInput> ScanAsync(string path, string? textColumn, int linesPerPart, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        var format = InputReader.FormatOf(full);
        if (!File.Exists(full)) throw new JobException($"'{path}' does not exist.");
        var (lines, offsets) = await InputReader.Open(full, format, textColumn).CountAsync(linesPerPart, cancellationToken).ConfigureAwait(false);
        var file = File.OpenRead(full);
        await using (file.ConfigureAwait(false))
        {
            var hash = await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false);
            return new JobInput
            {
                Path = full,
                Format = format,
                Bytes = file.Length,
                Sha256 = Convert.ToHexStringLower(hash),
                Lines = lines,
                TextColumn = textColumn,
                Offsets = offsets,
            };
        }
    }
}
