using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Gemma.Runtime.Inputs;

/// <summary>Runs a bounded number of items of a stream at the same time and gives their results in order.</summary>
internal static class OrderedPipeline
{
    /// <summary>Enough to fill passes with texts of like length.</summary>
    public const int DefaultWindow = 128;

    /// <summary>Runs the items.</summary>
    /// <param name="items">The stream; it is asked for no more while the window is full of results that nobody took.</param>
    /// <param name="start">Works on an item; the token ends when the caller has gone.</param>
    /// <param name="window">How many items are in work at most.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async IAsyncEnumerable<TResult> RunAsync<TItem,
        TResult>(IAsyncEnumerable<TItem> items, Func<TItem, int, CancellationToken, Task<TResult>> start, int window = DefaultWindow,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = Channel.CreateBounded<Task<TResult>>(new BoundedChannelOptions(window) { SingleReader = true, SingleWriter = true });
        var producer = ProduceAsync(items, start, running.Writer, leaving.Token);
        try
        {
            await foreach (var task in running.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return await task.ConfigureAwait(false);
        }
        finally
        {
            await leaving.CancelAsync().ConfigureAwait(false);
            await producer.ConfigureAwait(false);
            while (running.Reader.TryRead(out var task)) await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // A slow source holds no results back, and tokenizing is not the caller's thread's business.
    private static async Task ProduceAsync<TItem,
        TResult>(IAsyncEnumerable<TItem> items, Func<TItem, int, CancellationToken, Task<TResult>> start, ChannelWriter<Task<TResult>> running,
            CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var index = 0;
            await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                _ = await running.WaitToWriteAsync(cancellationToken).ConfigureAwait(false);
                running.TryWrite(start(item, index++, cancellationToken));
            }

            running.Complete();
        }
        catch (Exception e)
        {
            // The reader throws it, after the results of the items before.
            running.Complete(e);
        }
    }
}
