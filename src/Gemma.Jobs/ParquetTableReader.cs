using System.Runtime.CompilerServices;
using Parquet;
using Parquet.Schema;

namespace Gemma.Jobs;

/// <summary>
/// Reads the text columns of an Apache Parquet file; row groups without records of the part are not read, and the last one is kept for the parts that follow.
/// Safe for concurrent use.
/// </summary>
internal sealed class ParquetTableReader(string path, string? textColumn) : InputReader(path)
{
    private readonly Lock _lock = new();
    private (int Group, Task<string?[][]> Columns)? _last;

    /// <summary>Row groups that were decoded.</summary>
    public int Decoded { get; private set; }

    public override async IAsyncEnumerable<InputRecord> ReadAsync(JobPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var fields = Fields(reader);
            long start = 0;
            for (var group = 0; group < reader.RowGroupCount && start < part.First + part.Count; group++)
            {
                using var rows = reader.OpenRowGroupReader(group);
                var (first, end) = (Math.Max(part.First, start), Math.Min(part.First + part.Count, start + rows.RowCount));
                if (first < end)
                {
                    var columns = await ColumnsAsync(group).WaitAsync(cancellationToken).ConfigureAwait(false);
                    for (var row = first - start; row < end - start; row++)
                        yield return new InputRecord(Row(fields.Select((field, i) => (field.Key, columns[i][row]))), null);
                }

                start += rows.RowCount;
            }
        }
    }

    public override async Task<(long Lines, IReadOnlyList<long>? Offsets)> CountAsync(int linesPerPart, CancellationToken cancellationToken)
    {
        var reader = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            Fields(reader);
            long lines = 0;
            for (var group = 0; group < reader.RowGroupCount; group++)
            {
                using var rows = reader.OpenRowGroupReader(group);
                lines += rows.RowCount;
            }

            return (lines, null);
        }
    }

    // Parts that run at the same time are mostly of the same row group.
    private Task<string?[][]> ColumnsAsync(int group)
    {
        lock (_lock)
        {
            if (_last is { } last && last.Group == group && !last.Columns.IsFaulted) return last.Columns;
            Decoded++;
            var columns = DecodeAsync(group);
            _last = (group, columns);
            return columns;
        }
    }

    private async Task<string?[][]> DecodeAsync(int group)
    {
        var reader = await OpenAsync(CancellationToken.None).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            using var rows = reader.OpenRowGroupReader(group);
            var fields = Fields(reader);
            var columns = new string?[fields.Count][];
            for (var i = 0; i < fields.Count; i++)
            {
                columns[i] = new string?[rows.RowCount];
                await rows.ReadAsync(fields[i].Field, columns[i].AsMemory()!, null, CancellationToken.None).ConfigureAwait(false);
            }

            return columns;
        }
    }

    private async Task<ParquetReader> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ParquetReader.CreateAsync(Path, null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException and not UnauthorizedAccessException and not FileNotFoundException)
        {
            throw new JobException($"'{Path}' is no Parquet file ({e.Message}).", e);
        }
    }

    private List<(DataField Field, string Key)> Fields(ParquetReader reader)
    {
        var all = reader.Schema.GetDataFields();
        List<(DataField Field, string Key)> fields = [.. Columns([.. all.Select(field => field.Name)], textColumn)
            .Select(column => (all[column.Column], column.Key))];
        foreach (var (field, _) in fields)
        {
            if (field.ClrType != typeof(ReadOnlyMemory<char>) || field.IsArray)
                throw new JobException($"'{Path}': the column '{field.Name}' holds {field.ClrType.Name}, not texts.");
        }

        return fields;
    }
}
