using System.Text;
using System.Text.Json;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.Streaming;

/// <summary>
/// Writes server-sent events by hand: <c>data: {…}</c> frames, comments while the model is silent, and <c>[DONE]</c>, none of which the framework's result does
/// together.
/// </summary>
internal sealed class EventStream(RequestContext request) : AnswerStream(request, "text/event-stream", Ping)
{
    private static readonly byte[] Ping = [.. ": ping\n\n"u8];
    private static readonly byte[] Done = [.. "data: [DONE]\n\n"u8];

    private static ReadOnlySpan<byte> Data => "data: "u8;

    private static ReadOnlySpan<byte> Event => "event: "u8;

    /// <summary>One frame with a JSON object, and an event's name where the protocol has names.</summary>
    public Task WriteAsync(Action<Utf8JsonWriter> write, string? name = null)
    {
        var json = JsonAnswer.Serialize(write).WrittenSpan;
        var header = name is null ? [] : Encoding.UTF8.GetBytes(name);
        using var frame = new MemoryStream(json.Length + header.Length + 32);
        if (name is not null)
        {
            frame.Write(Event);
            frame.Write(header);
            frame.WriteByte((byte)'\n');
        }

        frame.Write(Data);
        frame.Write(json);
        frame.Write("\n\n"u8);
        return SendAsync(frame.ToArray());
    }

    public Task DoneAsync() => SendAsync(Done);

    /// <inheritdoc/>
    protected override Task WriteErrorAsync(ApiException error) => WriteAsync(json => ErrorAnswer.Write(json, error));
}
