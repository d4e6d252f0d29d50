using System.Runtime.CompilerServices;
using nietras.SeparatedValues;

namespace Gemma.Jobs;

/// <summary>Reads a table of separated values with a header, quoted as in RFC 4180; the separator is the header's.</summary>
internal sealed class CsvReader(string path, string? textColumn) : InputReader(path)
{
    public override async IAsyncEnumerable<InputRecord> ReadAsync(JobPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = await OpenAsync(cancellationToken).ConfigureAwait(false);
        var columns = Columns(reader.Header.ColNames, textColumn);
        for (var skipped = 0L; skipped < part.First && await reader.MoveNextAsync(cancellationToken).ConfigureAwait(false); skipped++)
        {
        }

        for (var count = 0; count < part.Count && await reader.MoveNextAsync(cancellationToken).ConfigureAwait(false); count++)
            yield return Read(reader.Current, columns);
    }

    public override async Task<(long Lines, IReadOnlyList<long>? Offsets)> CountAsync(int linesPerPart, CancellationToken cancellationToken)
    {
        using var reader = await OpenAsync(cancellationToken).ConfigureAwait(false);
        Columns(reader.Header.ColNames, textColumn);
        long lines = 0;
        while (await reader.MoveNextAsync(cancellationToken).ConfigureAwait(false)) lines++;
        return (lines, null);
    }

    // Rows of other lengths are told by their own error, not by the file's.
    private async ValueTask<SepReader> OpenAsync(CancellationToken cancellationToken)
    {
        Sep? separator = System.IO.Path.GetExtension(Path).Equals(".tsv", StringComparison.OrdinalIgnoreCase) ? Sep.New('\t') : null;
        return await Sep.Reader(options => options with { Sep = separator, Unescape = true, DisableColCountCheck = true })
            .FromFileAsync(Path, cancellationToken).ConfigureAwait(false);
    }

    private static InputRecord Read(SepReader.Row row, IReadOnlyList<(int Column, string Key)> columns)
    {
        var values = new (string, string?)[columns.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var (column, key) = columns[i];
            if (column >= row.ColCount) return new InputRecord(default, $"the row has {row.ColCount} columns, and none for '{key}'");
            values[i] = (key, row[column].ToString());
        }

        return new InputRecord(Row(values), null);
    }
}
