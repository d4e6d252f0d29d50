using System.Threading.Channels;

namespace Gemma.Cli.Infrastructure;

/// <summary>
/// Runs the lines of a batch at the same time and gives their results in the order of the lines, each as soon as it and those before it are there.
/// </summary>
internal static class OrderedBatch
{
    private const int MaxPending = 64;

    /// <summary>Runs a batch.</summary>
    /// <param name="lines">The input; read while earlier lines are computed.</param>
    /// <param name="work">Computes one line.</param>
    /// <param name="write">Takes one result.</param>
    /// <param name="cancellationToken">Stops all lines.</param>
    /// <exception cref="UsageException">A line is wrong; the results of the lines before it were written.</exception>
    public static async Task RunAsync<T>(IAsyncEnumerable<JsonLine> lines, Func<JsonLine, CancellationToken, Task<T>> work, Action<T> write,
        CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pending = Channel.CreateBounded<Task<T>>(MaxPending);

        // Reading a console or a pipe may block its thread. It is not waited for: after an error nobody needs the rest of the input.
        _ = Task.Run(() => ReadAsync(lines, work, pending.Writer, stopping.Token), stopping.Token);
        try
        {
            await foreach (var result in pending.Reader.ReadAllAsync(cancellationToken)) write(await result);
        }
        finally
        {
            await stopping.CancelAsync();
        }
    }

    private static async Task ReadAsync<T>(IAsyncEnumerable<JsonLine> lines, Func<JsonLine, CancellationToken, Task<T>> work, ChannelWriter<Task<T>> pending,
        CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var line in lines.WithCancellation(cancellationToken))
                await pending.WriteAsync(RunAsync(line, work, cancellationToken), cancellationToken);
            pending.Complete();
        }
        catch (Exception e)
        {
            pending.TryComplete(e);
        }
    }

    private static async Task<T> RunAsync<T>(JsonLine line, Func<JsonLine, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work(line, cancellationToken);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException
            || (e is GemmaException && e is not EngineException and not GemmaOverloadedException))
        {
            throw new UsageException($"line {line.Number}: {e.Message}", e);
        }
    }
}
