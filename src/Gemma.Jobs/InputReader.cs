using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>Reads records of a file; parts in their order are the quickest. Safe for concurrent use.</summary>
internal abstract partial class InputReader(string path)
{
    /// <summary>The columns of a table that are read where no other is named.</summary>
    private static readonly string[] TextColumns = ["text", "text_pair", "prompt", "prefix", "suffix"];

    public string Path => path;

    public static InputFormat FormatOf(string path) => System.IO.Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".JSONL" or ".NDJSON" or ".JSON" => InputFormat.JsonLines,
        ".CSV" or ".TSV" => InputFormat.Csv,
        ".PARQUET" => InputFormat.Parquet,
        _ => throw new JobException($"'{path}': the name must end with .jsonl, .ndjson, .csv, .tsv or .parquet."),
    };

    public static InputReader Open(JobInput input) => Open(input.Path, input.Format, input.TextColumn, input.Offsets);

    public static InputReader Open(string path, InputFormat format, string? textColumn, IReadOnlyList<long>? offsets = null)
    {
        if (format == InputFormat.JsonLines) return new JsonLinesReader(path, textColumn, offsets);
        if (format == InputFormat.Csv) return new CsvReader(path, textColumn);
        InputReader? parquet = null;
        OpenParquet(path, textColumn, ref parquet);
        return parquet
            ?? throw new JobException(
                $"'{path}': this native executable does not read Parquet; use the .NET tool (dotnet tool install Gemma.Cli), or "
                        + "write the texts as JSON Lines.");
    }

    // The library for Parquet is not made for native executables, which are built without the file that implements this.
    static partial void OpenParquet(string path, string? textColumn, ref InputReader? reader);

    /// <summary>Closes what is open for later parts.</summary>
    public virtual void Close()
    {
    }

    /// <summary>The records of a part.</summary>
    public abstract IAsyncEnumerable<InputRecord> ReadAsync(JobPart part, CancellationToken cancellationToken);

    /// <summary>Counts records; for JSON Lines also where each part begins.</summary>
    public abstract Task<(long Lines, IReadOnlyList<long>? Offsets)> CountAsync(int linesPerPart, CancellationToken cancellationToken);

    /// <summary>The columns of a table to read, and the keys that they become.</summary>
    protected IReadOnlyList<(int Column, string Key)> Columns(IReadOnlyList<string> header, string? textColumn)
    {
        List<(int, string)> columns = [];
        for (var i = 0; i < header.Count; i++)
        {
            if (textColumn is null ? TextColumns.Contains(header[i], StringComparer.Ordinal) : header[i] == textColumn)
                columns.Add((i, textColumn is null ? header[i] : "text"));
        }

        if (columns.Count > 0) return columns;
        throw new JobException(
            $"'{path}' has no column '{textColumn ?? "text"}', but {string.Join(", ", header.Take(10))}: name the one with the texts (--text-column).");
    }

    /// <summary>A row as an object.</summary>
    protected static JsonElement Row(IEnumerable<(string Key, string? Value)> values)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (key, value) in values) json.WriteString(key, value);
            json.WriteEndObject();
        }

        return JsonElement.Parse(buffer.ToArray());
    }
}
