using Gemma.Jobs.Cluster;

namespace Gemma.Jobs.Tests;

/// <summary>What goes wrong on a cluster: clients that die, folders that change, silos that refuse or come late.</summary>
public sealed class ClusterFaultTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_FolderReplacedWhileTheOldJobRuns_DoesTheNewOneToItsEnd()
    {
        using var folder = new JobFolder();
        using var begun = new SemaphoreSlim(0);
        var worker = new UpperCaseWorker((line, cancellationToken) =>
        {
            if (!line.Element.GetRawText().Contains("old", StringComparison.Ordinal)) return Task.CompletedTask;
            begun.Release();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        });
        await using var cluster = await JobCluster.StartAsync(worker, silos: 1);
        await folder.CreateAsync(folder.Write("old.jsonl", string.Concat(Enumerable.Repeat("{\"text\":\"old\"}\n", 30))));

        // The client of this one is gone without a word.
        await cluster.Client.GetGrain<IJobGrain>(folder.Output).StartAsync();
        Assert.True(await begun.WaitAsync(Limit, Token));
        Directory.Delete(folder.Output, recursive: true);
        var other = await folder.CreateAsync(folder.Lines(45), linesPerPart: 4);
        var ended = await cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token).WaitAsync(Limit, Token);
        Assert.Equal((45, 45, 12, 0), (ended.Lines, ended.TotalLines, ended.Parts, ended.FailedParts));
        Assert.True((await other.VerifyAsync(Token)).IsComplete);
    }

    [Fact]
    public async Task Run_CancelledBySomebodyElse_IsTakenUpAgain()
    {
        using var folder = new JobFolder();
        await folder.CreateAsync(folder.Lines(100));
        var isFree = false;
        await using var cluster = await JobCluster.StartAsync(new UpperCaseWorker((line, cancellationToken) =>
            line.Index < 50 || isFree ? Task.CompletedTask : Task.Delay(Timeout.Infinite, cancellationToken)), silos: 1);
        var running = cluster.Client.RunGemmaJobAsync(folder.Output, new Watcher(progress =>
        {
            if (progress.Parts < 5 || isFree) return;
            isFree = true;
            _ = cluster.Client.GetGrain<IJobGrain>(folder.Output).CancelAsync();
        }), Token);
        Assert.Equal(10, (await running.WaitAsync(Limit, Token)).Parts);
    }

    [Fact]
    public async Task Run_CallsRefusedByADyingSilo_CostNoAttempt()
    {
        using var folder = new JobFolder();
        var job = await folder.CreateAsync(folder.Lines(30));
        var refusals = 0;
        await using var cluster = await JobCluster.StartAsync(new UpperCaseWorker(), silos: 1, silo => silo.AddIncomingGrainCallFilter(context =>
            context.Grain is PartGrain && Interlocked.Increment(ref refusals) <= 20
                ? throw new SiloUnavailableException("The silo is dying.")
                : context.Invoke()));
        var ended = await cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token).WaitAsync(Limit, Token);
        Assert.Equal((3, 0), (ended.Parts, ended.FailedParts));
        Assert.True(refusals > 20);
        Assert.True((await job.VerifyAsync(Token)).IsComplete);
    }

    [Fact]
    public async Task Run_SiloJoinsLate_GetsPlaces()
    {
        using var folder = new JobFolder();
        await folder.CreateAsync(folder.Lines(12), linesPerPart: 1);
        using var gate = new SemaphoreSlim(0);
        var running = 0;
        await using var cluster = await JobCluster.StartAsync(new UpperCaseWorker((_, cancellationToken) =>
        {
            Interlocked.Increment(ref running);
            return gate.WaitAsync(cancellationToken);
        }), silos: 1);
        var job = cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token);
        await WaitAsync(() => running == 2, "the first silo has its two parts");
        await cluster.StartAdditionalSiloAsync();
        await WaitAsync(() => running == 4, "the second one has two more, before any is done");
        gate.Release(12);
        Assert.True((await job.WaitAsync(Limit, Token)).IsComplete);
    }

    [Fact]
    public async Task Run_FactoryRefuses_EndsTheJobWithItsReason()
    {
        using var folder = new JobFolder();
        await folder.CreateAsync(folder.Lines(50));
        await using var cluster = await JobCluster.StartAsync((_, _) => throw new ArgumentException("--head: the model has no 'topcis'."), silos: 2);
        var error = await Assert.ThrowsAsync<JobException>(() =>
            cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token).WaitAsync(Limit, Token));
        Assert.Equal("--head: the model has no 'topcis'.", error.Message);
        Assert.Empty(Directory.EnumerateFiles(folder.Output, "*.error.json"));
    }

    [Fact]
    public async Task Part_FactoryRefuses_IsToldAcrossSilosAsARefusal()
    {
        using var folder = new JobFolder();
        await folder.CreateAsync(folder.Lines(10));
        await using var cluster = await JobCluster.StartAsync((_, _) => throw new ArgumentException("--head: the model has no 'topcis'."), silos: 1);

        // The client is another process to the silo, as one silo is to another.
        var error = await Assert.ThrowsAsync<JobRefusedException>(() =>
            cluster.Client.GetGrain<IPartGrain>(PartGrain.KeyOf(folder.Output, 0)).RunAsync(Token).WaitAsync(Limit, Token));
        Assert.Equal("--head: the model has no 'topcis'.", error.Message);
    }

    [Fact]
    public async Task Run_FolderWithDamagedJob_IsTold()
    {
        using var folder = new JobFolder();
        await folder.CreateAsync(folder.Lines(10));
        await File.WriteAllTextAsync(Path.Combine(folder.Output, "job.json"), "{", Token);
        await using var cluster = await JobCluster.StartAsync(new UpperCaseWorker(), silos: 1);
        var error = await Assert.ThrowsAsync<JobException>(() =>
            cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token).WaitAsync(Limit, Token));
        Assert.Contains("is no job: remove the folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_JobThatASiloMayNotRead_IsTold()
    {
        using var folder = new JobFolder();
        await folder.CreateAsync(folder.Lines(10));
        var path = Path.Combine(folder.Output, "job.json");
        await using var held = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        await using var cluster = await JobCluster.StartAsync(new UpperCaseWorker(), silos: 1);
        var error = await Assert.ThrowsAsync<JobException>(() =>
            cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token).WaitAsync(Limit, Token));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_PartsThatFailedBefore_AreTriedAgainBesideTheMissing()
    {
        using var folder = new JobFolder();
        await folder.CreateAsync(folder.Lines(40));
        await File.WriteAllTextAsync(Path.Combine(folder.Output, "part-00001.error.json"), "{}", Token);
        await using var cluster = await JobCluster.StartAsync(new UpperCaseWorker(), silos: 1);
        var ended = await cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token).WaitAsync(Limit, Token);
        Assert.Equal((4, 0), (ended.Parts, ended.FailedParts));
        Assert.Empty(Directory.EnumerateFiles(folder.Output, "*.error.json"));
    }

    [Fact]
    public async Task Coordinator_StaysWhileItsJobRunsAndGoesAfterwards()
    {
        using var folder = new JobFolder();
        await folder.CreateAsync(folder.Lines(3));
        using var gate = new SemaphoreSlim(0);
        await using var cluster = await JobCluster.StartAsync(new UpperCaseWorker((_, cancellationToken) => gate.WaitAsync(cancellationToken)), silos: 1);
        await cluster.Client.GetGrain<IJobGrain>(folder.Output).StartAsync();
        var management = cluster.Client.GetGrain<IManagementGrain>(0);
        await management.ForceActivationCollection(TimeSpan.Zero, Token);
        Assert.Equal(1, await CountAsync());
        gate.Release(3);
        for (var tries = 0; await CountAsync() > 0; tries++)
        {
            Assert.True(tries < 600, "the coordinator of a job that is over is still there");
            await management.ForceActivationCollection(TimeSpan.Zero, Token);
            await Task.Delay(100, Token);
        }

        async Task<int> CountAsync() =>
            (await management.GetDetailedGrainStatistics()).Count(grain => grain.GrainId.Key.ToString() == folder.Output);
    }

    [Fact]
    public void Part_MayTakeDays()
    {
        var timeout = typeof(IPartGrain).GetMethod(nameof(IPartGrain.RunAsync))!.GetCustomAttributes(typeof(ResponseTimeoutAttribute), false);
        Assert.True(((ResponseTimeoutAttribute)Assert.Single(timeout)).Timeout > TimeSpan.FromDays(1));
    }

    [Fact]
    public async Task Workers_JobsOfThePast_AreForgotten()
    {
        using var folder = new JobFolder();
        var input = folder.Lines(3);
        foreach (var name in (string[])["a", "b", "c"]) await folder.CreateAsync(input, output: folder.PathOf(name));
        var clock = new Clock();
        using var workers = new SiloWorkers((_, _) => Task.FromResult<IJobWorker>(new UpperCaseWorker()), new ClusterJobOptions(), clock);
        var first = await workers.GetAsync(folder.PathOf("a"));
        clock.Minutes = 50;
        await workers.GetAsync(folder.PathOf("b"));
        Assert.Same(first, await workers.GetAsync(folder.PathOf("a")));
        clock.Minutes = 111;
        await workers.GetAsync(folder.PathOf("c"));
        Assert.Equal(1, workers.Count);
    }

    private static async Task WaitAsync(Func<bool> condition, string what)
    {
        for (var i = 0; i < 600; i++)
        {
            if (condition()) return;
            await Task.Delay(100, Token);
        }

        Assert.Fail($"60 seconds later it was still not so: {what}");
    }

    private sealed class Watcher(Action<JobProgress> action) : IProgress<JobProgress>
    {
        public void Report(JobProgress value) => action(value);
    }

    private sealed class Clock : TimeProvider
    {
        public long Minutes { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Minutes * TimeSpan.TicksPerMinute;
    }
}
