using System.Diagnostics;
using Gemma.Runtime.Generation.Pooling;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Generation.Scheduling;

/// <summary>The one queue of all kinds of requests.</summary>
public sealed class RequestQueueTests
{
    [Fact]
    public void Enqueue_TextsAndRequests_CountAgainstOneLimit()
    {
        var queue = new RequestQueue(new SchedulerOptions { MaxQueueLength = 2 });
        queue.Enqueue(new Text([2, 3]));
        queue.Enqueue(new GreedyTask([2, 3], 1));
        Assert.Equal(2, queue.Count);
        Assert.Equal(2, Assert.Throws<GemmaOverloadedException>(() => queue.Enqueue(new Text([2, 4]))).QueueLength);
    }

    [Fact]
    public void TakeRows_SameTextAndSameWidth_ShareAPass()
    {
        var queue = new RequestQueue(new SchedulerOptions());
        Text[] texts = [new([2, 3]), new([2, 3, 4, 5, 6, 7, 8, 9, 10]), new([2, 9]), new([2, 3]), new([2, 5])];
        foreach (var text in texts) queue.Enqueue(text);
        var first = (Text)queue.Dequeue(static _ => true, shared: true)!;
        var rows = queue.TakeRows(first, maxRows: 2);
        Assert.Equal([[texts[0], texts[3]], [texts[2]]], rows.Select(row => row.Requests.ToArray()));
        Assert.Same(texts[1], queue.Dequeue(static _ => true, shared: true));
        Assert.Same(texts[4], queue.Dequeue(static _ => true, shared: true));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Dequeue_TextsInAPass_LeavesTheOthersTheirTurn()
    {
        var queue = new RequestQueue(new SchedulerOptions());
        var text = new Text([2, 3]);
        var task = new GreedyTask([2, 3], 1);
        queue.Enqueue(text);
        queue.Enqueue(task);
        Assert.Same(task, queue.Dequeue(static _ => true, shared: false));
        Assert.Null(queue.Dequeue(static _ => true, shared: false));
        Assert.Same(text, queue.Dequeue(static _ => true, shared: true));
    }

    [Fact]
    public async Task WaitForRoomAsync_CancelledWaiter_DoesNotKeepTheOthersWaiting()
    {
        var queue = new RequestQueue(new SchedulerOptions { MaxQueueLength = 1 });
        queue.Enqueue(new Text([2, 3]));
        using var source = new CancellationTokenSource();
        var gone = queue.WaitForRoomAsync(source.Token);
        var patient = queue.WaitForRoomAsync(TestContext.Current.CancellationToken);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.False(patient.IsCompleted);
        Assert.NotNull(queue.Dequeue(static _ => true, shared: true));
        await patient.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void TakeRows_SixteenThousandWaiting_CostAsFewDo()
    {
        _ = PassTicks(512, 4);
        var (few, many) = (PassTicks(512, 8), PassTicks(16_000, 8));
        Assert.True(many <= (few + 1) * 12, $"a pass took {many} ticks to put together with 16,000 texts waiting, {few} with a few");
    }

    // The least time of putting a pass together; the queue stays as long as it is.
    private static long PassTicks(int waiting, int passes)
    {
        var queue = new RequestQueue(new SchedulerOptions { MaxQueueLength = int.MaxValue });
        var texts = 0;
        void Add(int count)
        {
            for (var i = 0; i < count; i++, texts++) queue.Enqueue(new Text([2, .. Enumerable.Range(texts, 4 + (texts % 64))]));
        }

        Add(waiting);
        var least = long.MaxValue;
        for (var i = 0; i < passes; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var rows = queue.TakeRows((SharedRequest)queue.Dequeue(static _ => true, shared: true)!, maxRows: 16);
            least = Math.Min(least, Stopwatch.GetTimestamp() - start);
            Add(rows.Count);
        }

        return least;
    }

    private sealed class Text(int[] tokens) : PoolingRequest(tokens, TestContext.Current.CancellationToken)
    {
        public override void Accept(int position, ReadOnlySpan<float> states)
        {
        }

        public override void Finish(Exception? error)
        {
        }
    }
}
