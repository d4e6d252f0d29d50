namespace Gemma.Jobs;

/// <summary>Reads a file once to know what it is.</summary>
internal static class InputScanner
{
    public static async Task<JobInput> ScanAsync(string path, string? textColumn, int linesPerPart, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        var format = InputReader.FormatOf(full);
        var file = new FileInfo(full);
        if (!file.Exists) throw new JobException($"'{path}' does not exist.");

        // Known before it is read: what is written in between makes it another one.
        var (bytes, modified) = (file.Length, file.LastWriteTimeUtc);
        var (lines, offsets) = await InputReader.Open(full, format, textColumn).CountAsync(linesPerPart, cancellationToken).ConfigureAwait(false);
        return new JobInput
        {
            Path = full,
            Format = format,
            Bytes = bytes,
            Modified = modified,
            Sha256 = await InputIdentity.HashAsync(full, cancellationToken).ConfigureAwait(false),
            Lines = lines,
            TextColumn = textColumn,
            Offsets = offsets,
        };
    }
}
