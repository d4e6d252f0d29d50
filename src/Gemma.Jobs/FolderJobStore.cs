using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>
/// A folder that all processes of a job see: <c>job.json</c>, <c>part-00042.jsonl</c>, <c>part-00042.error.json</c>. Files are written under another name,
/// flushed and renamed.
/// </summary>
internal sealed class FolderJobStore(string folder) : IJobStore
{
    private const string SpecFile = "job.json";
    private const string PartEnd = ".jsonl";
    private const string FailureEnd = ".error.json";
    private const string TemporaryEnd = ".tmp";

    public string Name => folder;

    public async Task<JobSpec?> ReadSpecAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, SpecFile);
        if (!File.Exists(path)) return null;
        try
        {
            var stream = File.OpenRead(path);
            await using (stream.ConfigureAwait(false))
                return await JsonSerializer.DeserializeAsync(stream, JobJsonContext.Default.JobSpec, cancellationToken)
                    .ConfigureAwait(false) is { LinesPerPart: > 0 and <= GemmaJobOptions.MaxLinesPerPart } spec ? spec : throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new JobException($"'{path}' is no job: remove the folder and begin again.", e);
        }
    }

    public Task WriteSpecAsync(JobSpec spec, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        return WriteAsync(SpecFile, JsonSerializer.SerializeToUtf8Bytes(spec, JobJsonContext.Default.JobSpec), cancellationToken);
    }

    public DateTime SpecTime => File.GetLastWriteTimeUtc(Path.Combine(folder, SpecFile));

    public bool HasPart(JobPart part) => File.Exists(Path.Combine(folder, part.Name + PartEnd));

    public IReadOnlySet<int> ListParts() => List(PartEnd);

    public IReadOnlySet<int> ListFailures() => List(FailureEnd);

    // A writer removes all leftovers of its own part, unless it is killed between its rename and that.
    public void RemoveLeftovers()
    {
        var done = ListParts();
        foreach (var path in Directory.EnumerateFiles(folder, $"{JobPart.Prefix}*{TemporaryEnd}"))
        {
            var number = Path.GetFileName(path.AsSpan())[JobPart.Prefix.Length..];
            number = number[..number.IndexOf('.')];
            if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var part) && done.Contains(part)) File.Delete(path);
        }
    }

    public Stream? OpenPart(JobPart part)
    {
        try
        {
            return File.OpenRead(Path.Combine(folder, part.Name + PartEnd));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public Task WritePartAsync(JobPart part, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        WriteAsync(part.Name + PartEnd, content, cancellationToken);

    public Task WriteFailureAsync(JobPart part, string message, int attempts, CancellationToken cancellationToken)
    {
        var content = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            json.WriteNumber("part", part.Number);
            json.WriteNumber("attempts", attempts);
            json.WriteString("error", message);
            json.WriteEndObject();
        }

        return WriteAsync(part.Name + FailureEnd, content.WrittenMemory, cancellationToken);
    }

    public void ClearFailure(int part) => File.Delete(Path.Combine(folder, JobPart.NameOf(part) + FailureEnd));

    private HashSet<int> List(string end)
    {
        HashSet<int> numbers = [];
        if (!Directory.Exists(folder)) return numbers;
        foreach (var path in Directory.EnumerateFiles(folder, $"{JobPart.Prefix}*{end}"))
        {
            var name = Path.GetFileName(path.AsSpan());
            if (int.TryParse(name[JobPart.Prefix.Length..^end.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) numbers.Add(number);
        }

        return numbers;
    }

    // The temporary name is random: another process may write the same file, and then the same bytes. Whoever is done first removes what others, or a kill,
    // left.
    private async Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, name);
        var stem = name[..name.IndexOf('.', StringComparison.Ordinal)];
        var temporary = Path.Combine(folder, $"{stem}.{Guid.NewGuid():N}{TemporaryEnd}");
        try
        {
            await WholeFile.WriteAsync(path, temporary, stream => stream.WriteAsync(content, cancellationToken).AsTask()).ConfigureAwait(false);
        }
        catch (FileNotFoundException) when (File.Exists(path))
        {
            // Removed by one that was faster.
        }

        foreach (var left in Directory.EnumerateFiles(folder, $"{stem}.*{TemporaryEnd}")) File.Delete(left);
    }
}
