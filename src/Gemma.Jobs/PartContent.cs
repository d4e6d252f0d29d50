using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>The lines of a part.</summary>
internal sealed class PartContent
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer = new();

    public ReadOnlyMemory<byte> Bytes => _buffer.WrittenMemory;

    /// <summary>Adds a line; its first property is the record's place.</summary>
    public void Add(long index, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(_buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            write(json);
            json.WriteEndObject();
        }

        _buffer.Write("\n"u8);
    }
}
