using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>Reads a JSON object a line. Blank lines are no records.</summary>
internal sealed class JsonLinesReader(string path, string? textColumn, IReadOnlyList<long>? offsets) : InputReader(path)
{
    private const int BlockSize = 1 << 20;
    private static readonly SearchValues<byte> Blank = SearchValues.Create(" \t\r\n"u8);

    private static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    public override async IAsyncEnumerable<InputRecord> ReadAsync(JobPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = offsets is null ? 0 : offsets[part.InFile];
        var skipped = offsets is null ? part.First : 0;
        var file = File.OpenRead(Path);
        await using (file.ConfigureAwait(false))
        {
            file.Position = start;
            using var reader = new StreamReader(file);
            var count = 0;
            while (count < part.Count && await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } text)
            {
                if (string.IsNullOrWhiteSpace(text)) continue;
                if (skipped-- > 0) continue;
                count++;
                yield return Parse(text);
            }
        }
    }

    public override async Task<(long Lines, IReadOnlyList<long>? Offsets)> CountAsync(int linesPerPart, CancellationToken cancellationToken)
    {
        List<long> starts = [];
        var block = new byte[BlockSize];
        long lines = 0, position = 0, lineStart = 0;
        var isBlank = true;
        var file = File.OpenRead(Path);
        await using (file.ConfigureAwait(false))
        {
            int read;
            while ((read = await file.ReadAsync(block, cancellationToken).ConfigureAwait(false)) > 0)
            {
                Scan(block.AsSpan(0, read));
                position += read;
            }
        }

        if (!isBlank) EndLine();
        return (lines, starts);

        void Scan(ReadOnlySpan<byte> bytes)
        {
            var from = position == 0 && bytes.StartsWith(Mark) ? Mark.Length : 0;
            while (from < bytes.Length)
            {
                var length = bytes[from..].IndexOf((byte)'\n');
                isBlank &= !bytes.Slice(from, length < 0 ? bytes.Length - from : length).ContainsAnyExcept(Blank);
                if (length < 0) break;
                EndLine();
                from += length + 1;
                lineStart = position + from;
            }
        }

        void EndLine()
        {
            if (!isBlank && lines++ % linesPerPart == 0) starts.Add(lineStart);
            isBlank = true;
        }
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
