using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gemma.Cli.Infrastructure;

/// <summary>JSON Lines in and out: one object a line.</summary>
internal static class JsonLines
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Reads objects; blank lines are skipped.</summary>
    /// <param name="reader">The input.</param>
    /// <param name="keys">The keys that an object may have.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="UsageException">A line is not a JSON object, or has an unknown key.</exception>
    public static async IAsyncEnumerable<JsonLine> ReadAsync(TextReader reader, LineKeys keys, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var number = 1; await ReadLineAsync(reader, cancellationToken) is { } text; number++)
        {
            if (!string.IsNullOrWhiteSpace(text)) yield return keys.Check(Parse(number, text));
        }
    }

    /// <summary>Writes one object as a line.</summary>
    /// <param name="writer">Receives the line.</param>
    /// <param name="write">Writes the object's properties.</param>
    public static void Write(TextWriter writer, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        writer.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    // Reading a console or a pipe may block its thread: after an error in one line nobody waits for the next.
    private static Task<string?> ReadLineAsync(TextReader reader, CancellationToken cancellationToken) =>
        Task.Run(() => reader.ReadLineAsync(cancellationToken).AsTask(), cancellationToken).WaitAsync(cancellationToken);

    private static JsonLine Parse(int number, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            JsonText.CheckNames(text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonLine(number, document.RootElement.Clone())
                : throw new UsageException($"line {number}: a JSON object is expected.");
        }
        catch (JsonException e)
        {
            throw new UsageException($"line {number}: this is not JSON ({e.Message.Split('.')[0]}).", e);
        }
    }
}
