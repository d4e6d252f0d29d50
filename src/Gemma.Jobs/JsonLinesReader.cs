using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>Reads a JSON object a line: lines end with a line feed, and those of nothing but JSON's white space are no records.</summary>
internal sealed class JsonLinesReader(string path, string? textColumn, IReadOnlyList<long>? offsets) : InputReader(path)
{
    private const int BlockSize = 1 << 18;
    private static readonly SearchValues<byte> Blank = SearchValues.Create(" \t\r\n"u8);
    private static readonly StreamPipeReaderOptions Blocks = new(bufferSize: BlockSize, leaveOpen: true);

    private static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    public override async IAsyncEnumerable<InputRecord> ReadAsync(JobPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = offsets is null ? 0 : offsets[part.InFile];
        var skipped = offsets is null ? part.First : 0;
        var count = 0;
        await foreach (var line in LinesAsync(start, cancellationToken).ConfigureAwait(false))
        {
            if (skipped-- > 0) continue;
            yield return Parse(Encoding.UTF8.GetString(line.Bytes));
            if (++count == part.Count) yield break;
        }
    }

    public override async Task<(long Lines, IReadOnlyList<long>? Offsets)> CountAsync(int linesPerPart, CancellationToken cancellationToken)
    {
        List<long> starts = [];
        long lines = 0;
        await foreach (var line in LinesAsync(0, cancellationToken).ConfigureAwait(false))
        {
            if (lines++ % linesPerPart == 0) starts.Add(line.Start);
        }

        return (lines, starts);
    }

    // Counting and reading must agree on what a record is, so both are this.
    private async IAsyncEnumerable<(long Start, ReadOnlySequence<byte> Bytes)> LinesAsync(long start,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = File.OpenRead(Path);
        await using (file.ConfigureAwait(false))
        {
            file.Position = start;
            var reader = PipeReader.Create(file, Blocks);
            try
            {
                for (var isLast = false; !isLast;)
                {
                    var read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                    var rest = read.Buffer;
                    isLast = read.IsCompleted;
                    while (TryTake(ref rest, isLast, out var bytes))
                    {
                        var next = start + bytes.Length + 1;
                        if (start == 0) bytes = WithoutMark(bytes);
                        if (!IsBlank(bytes)) yield return (start, bytes);
                        start = next;
                    }

                    reader.AdvanceTo(rest.Start, rest.End);
                }
            }
            finally
            {
                await reader.CompleteAsync().ConfigureAwait(false);
            }
        }
    }

    private static bool TryTake(ref ReadOnlySequence<byte> rest, bool isLast, out ReadOnlySequence<byte> line)
    {
        var reader = new SequenceReader<byte>(rest);
        if (reader.TryReadTo(out line, (byte)'\n'))
        {
            rest = reader.UnreadSequence;
            return true;
        }

        if (!isLast || rest.IsEmpty) return false;
        line = rest;
        rest = rest.Slice(rest.End);
        return true;
    }

    private static ReadOnlySequence<byte> WithoutMark(ReadOnlySequence<byte> line)
    {
        var reader = new SequenceReader<byte>(line);
        return reader.IsNext(Mark) ? line.Slice(Mark.Length) : line;
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var memory in line)
        {
            if (memory.Span.ContainsAnyExcept(Blank)) return false;
        }

        return true;
    }

    private InputRecord Parse(string text)
    {
        try
        {
            var element = JsonElement.Parse(text);
            if (element.ValueKind != JsonValueKind.Object) return new InputRecord(default, "a JSON object is expected");
            if (textColumn is null) return new InputRecord(element, null);
            return element.TryGetProperty(textColumn, out var value) && value.ValueKind == JsonValueKind.String
                ? new InputRecord(Row([("text", value.GetString())]), null)
                : new InputRecord(default, $"{textColumn}: a string is expected");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new InputRecord(default, "this is not JSON");
        }
    }
}
