using System.Runtime.CompilerServices;
using nietras.SeparatedValues;

namespace Gemma.Jobs;

/// <summary>Reads a table of separated values with a header, quoted as in RFC 4180; the separator is the header's.</summary>
internal sealed class CsvReader(string path, string? textColumn) : InputReader(path)
{
    // More parts hardly run at the same time.
    private const int MaxStopped = 4;

    // Where earlier parts ended. Nothing says where in the file a row begins, so a part goes on from the nearest of them instead of from the beginning.
    private readonly List<(long Row, SepReader Reader)> _stopped = [];

    /// <summary>Rows that were passed over on the way to a part.</summary>
    public long Skipped { get; private set; }

    public override async IAsyncEnumerable<InputRecord> ReadAsync(JobPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (row, reader) = TakeBefore(part.First) ?? (0, await OpenAsync(cancellationToken).ConfigureAwait(false));
        var isDone = false;
        try
        {
            var columns = Columns(reader.Header.ColNames, textColumn);
            var first = row;
            while (row < part.First && await reader.MoveNextAsync(cancellationToken).ConfigureAwait(false)) row++;
            AddSkipped(row - first);
            while (row < part.First + part.Count && await reader.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return Read(reader.Current, columns);
                row++;
            }

            isDone = row == part.First + part.Count;
        }
        finally
        {
            if (isDone) Stop(row, reader);
            else reader.Dispose();
        }
    }

    public override async Task<(long Lines, IReadOnlyList<long>? Offsets)> CountAsync(int linesPerPart, CancellationToken cancellationToken)
    {
        using var reader = await OpenAsync(cancellationToken).ConfigureAwait(false);
        Columns(reader.Header.ColNames, textColumn);
        long lines = 0;
        while (await reader.MoveNextAsync(cancellationToken).ConfigureAwait(false)) lines++;
        return (lines, null);
    }

    public override void Close()
    {
        lock (_stopped)
        {
            foreach (var (_, reader) in _stopped) reader.Dispose();
            _stopped.Clear();
        }
    }

    private (long Row, SepReader Reader)? TakeBefore(long row)
    {
        lock (_stopped)
        {
            // In the order of their rows.
            var index = _stopped.FindLastIndex(stopped => stopped.Row <= row);
            if (index < 0) return null;
            var found = _stopped[index];
            _stopped.RemoveAt(index);
            return found;
        }
    }

    private void Stop(long row, SepReader reader)
    {
        lock (_stopped)
        {
            _stopped.Insert(_stopped.FindLastIndex(stopped => stopped.Row <= row) + 1, (row, reader));
            if (_stopped.Count <= MaxStopped) return;
            _stopped[0].Reader.Dispose();
            _stopped.RemoveAt(0);
        }
    }

    private void AddSkipped(long rows)
    {
        lock (_stopped) Skipped += rows;
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
