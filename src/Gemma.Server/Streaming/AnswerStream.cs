using System.Runtime.CompilerServices;
using Gemma.Server.Errors;
using Gemma.Server.Http;

namespace Gemma.Server.Streaming;

/// <summary>
/// An answer that is written piece by piece. Nothing is sent before the first piece, so that errors of the request still have a status. One piece at a time;
/// not safe for concurrent use.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="contentType">What the answer is.</param>
/// <param name="ping">What keeps a silent connection open, or null where the format has nothing that readers overlook.</param>
internal abstract class AnswerStream(RequestContext request, string contentType, byte[]? ping)
{
    /// <summary>Yields what comes, while the client gets a sign of life now and then.</summary>
    public async IAsyncEnumerable<T> ReadAsync<T>(IAsyncEnumerable<T> source, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, request.CancellationToken);
        var enumerator = source.GetAsyncEnumerator(both.Token);
        await using var disposal = enumerator.ConfigureAwait(false);
        while (await WaitAsync(enumerator.MoveNextAsync(), both).ConfigureAwait(false)) yield return enumerator.Current;
    }

    /// <summary>
    /// Writes the pieces. A failure after the first is told as a piece and thrown on, by which the server breaks the stream: many clients overlook the piece,
    /// none overlooks a stream without its end.
    /// </summary>
    public async Task RunAsync(Func<Task> write, Func<ApiException, Task>? tell = null)
    {
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (Exception e) when (request.Http.Response.HasStarted && !request.Http.RequestAborted.IsCancellationRequested)
        {
            await (tell ?? WriteErrorAsync)(request.Failure(e)).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The piece that tells of a failure.</summary>
    protected abstract Task WriteErrorAsync(ApiException error);

    protected async Task SendAsync(byte[] bytes)
    {
        var response = request.Http.Response;
        if (!response.HasStarted)
        {
            response.ContentType = contentType;
            response.Headers.CacheControl = "no-cache, no-store";
            response.Headers["X-Accel-Buffering"] = "no";
        }

        await response.Body.WriteAsync(bytes, request.Http.RequestAborted).ConfigureAwait(false);
        await response.Body.FlushAsync(request.Http.RequestAborted).ConfigureAwait(false);
    }

    private async ValueTask<bool> WaitAsync(ValueTask<bool> pending, CancellationTokenSource reading)
    {
        if (pending.IsCompleted || ping is null) return await pending.ConfigureAwait(false);
        var task = pending.AsTask();
        try
        {
            while (!await EndsSoonAsync(task).ConfigureAwait(false)) await SendAsync(ping).ConfigureAwait(false);
        }
        catch
        {
            // Nothing may be disposed of while it still runs.
            await reading.CancelAsync().ConfigureAwait(false);
            await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await task.ConfigureAwait(false);
    }

    // Whether a piece comes, or never will, before the connection has been silent for too long.
    private async Task<bool> EndsSoonAsync(Task piece)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(request.CancellationToken);
        var silence = Task.Delay(request.Options.PingInterval, request.Time, stop.Token);
        var first = await Task.WhenAny(piece, silence).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        return first == piece || request.CancellationToken.IsCancellationRequested;
    }
}
