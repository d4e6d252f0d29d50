using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Generation.Scheduling;

/// <summary>Disposal at any time, from any thread, ends every request exactly once.</summary>
public sealed class SchedulerLifetimeTests
{
    [Fact]
    public async Task Dispose_RunningAndWaiting_EndsAllWithObjectDisposed()
    {
        var scheduler = TinyEngine.Start(new SchedulerOptions { MaxConcurrentRequests = 2 });
        var tasks = Enumerable.Range(0, 6).Select(i => new GreedyTask(TinyEngine.Prompt(i, 20), 230) { BeforeToken = _ => Thread.Sleep(1) }).ToArray();
        foreach (var task in tasks) scheduler.Submit(task);
        await Task.Delay(20, TestContext.Current.CancellationToken);
        scheduler.Dispose();
        foreach (var task in tasks) await Assert.ThrowsAsync<ObjectDisposedException>(() => task.Result);
        scheduler.Dispose();
        await scheduler.DisposeAsync();
    }

    [Fact]
    public async Task Dispose_FromTheInferenceThread_DoesNotWaitForItself()
    {
        var scheduler = TinyEngine.Start();
        var task = new GreedyTask(TinyEngine.Prompt(1, 5), 10) { BeforeToken = count => { if (count == 2) scheduler.Dispose(); } };
        scheduler.Submit(task);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => task.Result.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        await scheduler.DisposeAsync();
    }

    [Fact]
    public async Task Dispose_WhileManyThreadsSubmit_EndsEveryAcceptedRequestOnce()
    {
        for (var round = 0; round < 10; round++)
        {
            var scheduler = TinyEngine.Start(new SchedulerOptions { MaxConcurrentRequests = 4, MaxQueueLength = 1000 });
            var submitters = Enumerable.Range(0, 4)
                .Select(thread => Task.Run(() => SubmitUntilRefused(scheduler, thread), TestContext.Current.CancellationToken)).ToArray();
            await Task.Delay(10 + round, TestContext.Current.CancellationToken);
            await Task.WhenAll(Task.Run(scheduler.Dispose, TestContext.Current.CancellationToken),
                Task.Run(scheduler.Dispose, TestContext.Current.CancellationToken), scheduler.DisposeAsync().AsTask());
            foreach (var accepted in await Task.WhenAll(submitters))
            {
                foreach (var task in accepted)
                {
                    await Task.WhenAny(task.Result).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
                    Assert.True(task.Result.IsCompletedSuccessfully
                        || task.Result.Exception?.InnerException is ObjectDisposedException, $"{task.Result.Exception}");
                }
            }
        }
    }

    private static List<GreedyTask> SubmitUntilRefused(InferenceScheduler scheduler, int thread)
    {
        List<GreedyTask> accepted = [];
        while (true)
        {
            var task = new GreedyTask(TinyEngine.Prompt(thread, 5), 3);
            try
            {
                scheduler.Submit(task);
                accepted.Add(task);
            }
            catch (ObjectDisposedException)
            {
                return accepted;
            }
            catch (GemmaOverloadedException)
            {
                Thread.Sleep(1);
            }
        }
    }
}
