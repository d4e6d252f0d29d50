using System.Text.Json;
using Gemma.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Gemma.Server.Streaming;

/// <summary>
/// Writes server-sent events by hand: <c>data: {…}</c> frames, comments while the model is silent, and <c>[DONE]</c>, none of which the framework's result does together.
/// One frame at a time; not safe for concurrent use.
/// </summary>
internal sealed class EventStream(HttpContext context, TimeSpan pingInterval, TimeProvider time)
{
    private static ReadOnlySpan<byte> Data => "data: "u8;

    private static ReadOnlySpan<byte> Event => "event: "u8;

    private static readonly byte[] Ping = [.. ": ping\n\n"u8];
    private static readonly byte[] Done = [.. "data: [DONE]\n\n"u8];

    /// <summary>Waits for something while the connection stays open: until it comes, the client gets a comment now and then. Nothing is sent before the first comment, so that errors of the request still have a status.</summary>
    public async ValueTask<T> WaitAsync<T>(ValueTask<T> pending, CancellationToken cancellationToken)
    {
        if (pending.IsCompleted) return await pending.ConfigureAwait(false);
        var task = pending.AsTask();
        while (true)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var silence = Task.Delay(pingInterval, time, stop.Token);
            if (await Task.WhenAny(task, silence).ConfigureAwait(false) == task || cancellationToken.IsCancellationRequested)
            {
                await stop.CancelAsync().ConfigureAwait(false);
                return await task.ConfigureAwait(false);
            }

            await SendAsync(Ping).ConfigureAwait(false);
        }
    }

    /// <summary>One frame with a JSON object, and an event's name where the protocol has names.</summary>
    public Task WriteAsync(Action<Utf8JsonWriter> write, string? name = null)
    {
        var json = JsonAnswer.Serialize(write).WrittenSpan;
        var header = name is null ? [] : System.Text.Encoding.UTF8.GetBytes(name);
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

    /// <summary>Tells of a failure after the first byte, and breaks the connection: many clients overlook the frame, none overlooks a broken stream.</summary>
    public async Task FailAsync(ApiException error)
    {
        await WriteAsync(json => ErrorAnswer.Write(json, error)).ConfigureAwait(false);
        context.Abort();
    }

    private async Task SendAsync(byte[] bytes)
    {
        var response = context.Response;
        if (!response.HasStarted)
        {
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-cache, no-store";
            response.Headers["X-Accel-Buffering"] = "no";
        }

        await response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
