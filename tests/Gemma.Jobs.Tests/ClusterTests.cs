using Gemma.Jobs.Cluster;

namespace Gemma.Jobs.Tests;

/// <summary>Jobs on three silos.</summary>
public sealed class ClusterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_SiloKilled_ResultsAreComplete()
    {
        using var folder = new JobFolder();
        var input = folder.Lines(600);
        var one = await folder.CreateAsync(input, output: folder.PathOf("one"));
        await one.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        var expected = await folder.MergeAsync(one);

        var job = await folder.CreateAsync(input);
        await using var cluster = await JobCluster.StartAsync(new UpperCaseWorker((_, cancellationToken) => Task.Delay(20, cancellationToken)));
        var killed = false;
        var ended = await cluster.Client.RunGemmaJobAsync(folder.Output, new Kill(progress =>
        {
            if (killed || progress.Parts < 5) return;
            killed = true;

            // The silo that coordinates, or another one: both must do.
            _ = cluster.KillSiloAsync(cluster.Silos[Random.Shared.Next(3)]);
        }), Token);
        Assert.True(killed, "the job was over before the silo could be killed");
        Assert.Equal((600, 60, 0), (ended.Lines, ended.Parts, ended.FailedParts));
        Assert.Equal(expected, await folder.MergeAsync(job));
        Assert.Empty(Directory.EnumerateFiles(folder.Output, "*.tmp"));
    }

    [Fact]
    public async Task Run_Cancelled_StopsAndGoesOnLater()
    {
        using var folder = new JobFolder();
        await folder.CreateAsync(folder.Lines(200));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var cluster =
            await JobCluster.StartAsync(new UpperCaseWorker((line, cancellationToken) => line.Index < 50 || stop.IsCancellationRequested
                ? Task.CompletedTask
                : Task.Delay(Timeout.Infinite, cancellationToken)), silos: 1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cluster.Client.RunGemmaJobAsync(folder.Output, new Kill(progress =>
        {
            if (progress.Parts == 5) stop.Cancel();
        }), stop.Token));
        var ended = await cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token);
        Assert.True(ended.IsComplete);
        Assert.True((await (await GemmaJob.OpenAsync(folder.Output, Token)).VerifyAsync(Token)).IsComplete);
    }

    [Fact]
    public async Task Run_FolderWithAnotherJob_DoesThatOne()
    {
        using var folder = new JobFolder();
        await using var cluster = await JobCluster.StartAsync(new UpperCaseWorker(), silos: 1);
        await folder.CreateAsync(folder.Lines(30));
        await cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token);
        Directory.Delete(folder.Output, recursive: true);
        var other = await folder.CreateAsync(folder.Lines(45), linesPerPart: 4);
        Assert.Equal((45, 12), await cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token) is var ended
            ? (ended.Lines, ended.Parts)
            : default);
        Assert.True((await other.VerifyAsync(Token)).IsComplete);
    }

    [Fact]
    public async Task Run_FolderWithoutJob_IsTold()
    {
        using var folder = new JobFolder();
        await using var cluster = await JobCluster.StartAsync(new UpperCaseWorker(), silos: 1);
        var error = await Assert.ThrowsAsync<JobException>(() => cluster.Client.RunGemmaJobAsync(folder.Output, cancellationToken: Token));
        Assert.Contains("holds no job", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis:redis.data.svc:6379", "redis.data.svc:6379", null)]
    [InlineData("localhost", null, null)]
    [InlineData("localhost:30001", null, "127.0.0.1:30001")]
    [InlineData("10.0.0.7:11111", null, "10.0.0.7:11111")]
    public void Address_Known_IsRead(string text, string? redis, string? silo) =>
        Assert.Equal((redis, silo), (ClusterAddress.Parse(text).Redis, ClusterAddress.Parse(text).Silo?.ToString()));

    [Theory]
    [InlineData("redis:")]
    [InlineData("host:1")]
    [InlineData("127.0.0.1")]
    public void Address_Other_IsRefused(string text) => Assert.Throws<ArgumentException>(() => ClusterAddress.Parse(text));

    private sealed class Kill(Action<JobProgress> action) : IProgress<JobProgress>
    {
        public void Report(JobProgress value) => action(value);
    }
}
