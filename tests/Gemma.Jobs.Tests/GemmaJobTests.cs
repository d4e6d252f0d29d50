using System.Globalization;

namespace Gemma.Jobs.Tests;

/// <summary>Parts, resuming, shards, failures, merging.</summary>
public sealed class GemmaJobTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_Lines_EachHasItsResultInOrder()
    {
        using var folder = new JobFolder();
        var job = await folder.CreateAsync(folder.Lines(95));
        var ended = await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        Assert.Equal((95, 95, 10, 10), (ended.Lines, ended.TotalLines, ended.Parts, ended.TotalParts));
        Assert.Equal(string.Concat(Enumerable.Range(0, 95)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"{{\"index\":{i},\"upper\":\"TEXT {i}\"}}\n"))), await folder.MergeAsync(job));
        Assert.Empty(Directory.EnumerateFiles(folder.Output, "*.tmp"));
    }

    [Fact]
    public async Task Run_Again_DoesOnlyWhatIsMissing()
    {
        using var folder = new JobFolder();
        var input = folder.Lines(100);
        await (await folder.CreateAsync(input)).RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        var whole = await folder.MergeAsync(await folder.CreateAsync(input));
        File.Delete(Path.Combine(folder.Output, "part-00003.jsonl"));
        await File.WriteAllTextAsync(Path.Combine(folder.Output, "part-00003.0123.tmp"), "{\"index\":30,", Token);

        // Left by a kill between the rename and the cleaning behind it.
        await File.WriteAllTextAsync(Path.Combine(folder.Output, "part-00004.4567.tmp"), "{\"index\":40,", Token);
        var again = new UpperCaseWorker();
        var job = await folder.CreateAsync(input);
        Assert.Equal([3], (await job.VerifyAsync(Token)).MissingParts);
        await job.RunAsync(again, new JobRunOptions(), cancellationToken: Token);
        Assert.Equal(10, again.Lines);
        Assert.Equal(whole, await folder.MergeAsync(job));
        Assert.Empty(Directory.EnumerateFiles(folder.Output, "*.tmp"));
    }

    [Fact]
    public async Task Run_Cancelled_KeepsWhatIsDone()
    {
        using var folder = new JobFolder();
        var job = await folder.CreateAsync(folder.Lines(100));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var slow = new UpperCaseWorker((line, cancellationToken) => line.Index < 50 ? Task.CompletedTask : StopAsync(cancellationToken));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job.RunAsync(slow, new JobRunOptions(), cancellationToken: stop.Token));
        Assert.InRange(job.GetProgress().Parts, 1, 5);
        Assert.Empty(Directory.EnumerateFiles(folder.Output, "*.tmp"));
        await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        Assert.True((await job.VerifyAsync(Token)).IsComplete);

        async Task StopAsync(CancellationToken cancellationToken)
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    [Fact]
    public async Task Run_Shards_GiveTheBytesOfOneRun()
    {
        using var folder = new JobFolder();
        var input = folder.Lines(237);
        var one = await folder.CreateAsync(input, output: folder.PathOf("one"));
        await one.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        var expected = await folder.MergeAsync(one);
        await Task.WhenAll(Enumerable.Range(1, 3).Select(async shard =>
        {
            // Each makes the job's file, at the same time.
            var job = await folder.CreateAsync(input);
            await job.RunAsync(new UpperCaseWorker(), new JobRunOptions { Shard = JobShard.Parse($"{shard}/3") }, cancellationToken: Token);
        }));
        Assert.Equal(expected, await folder.MergeAsync(await GemmaJob.OpenAsync(folder.Output, Token)));
    }

    [Fact]
    public async Task Run_BadLines_HaveErrorsInTheirPlaces()
    {
        using var folder = new JobFolder();
        var job = await folder.CreateAsync(folder.Write("input.jsonl", "{\"text\":\"a\"}\n\nno json\n[1]\n{\"other\":1}\n{\"text\":\"b\"}"));
        var ended = await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        Assert.Equal((5, 3), (ended.Lines, ended.Errors));
        Assert.Equal(
            """
            {"index":0,"upper":"A"}
            {"index":1,"error":"this is not JSON"}
            {"index":2,"error":"a JSON object is expected"}
            {"index":3,"error":"text: the key is missing."}
            {"index":4,"upper":"B"}

            """.ReplaceLineEndings("\n"),
            await folder.MergeAsync(job));
        Assert.Equal(3, (await job.VerifyAsync(Token)).Errors);
    }

    [Fact]
    public async Task Run_FailingPart_IsTriedAgainThenLeftOutThenTriedByTheNextRun()
    {
        using var folder = new JobFolder();
        var job = await folder.CreateAsync(folder.Lines(40));
        var tries = 0;
        var failing = new UpperCaseWorker((line, _) => line.Index == 25 && Interlocked.Increment(ref tries) > 0
            ? throw new IOException("the engine is gone")
            : Task.CompletedTask);
        var ended = await job.RunAsync(failing, new JobRunOptions { RetryDelay = TimeSpan.FromMilliseconds(1) }, cancellationToken: Token);
        Assert.Equal((3, 3, 1), (tries, ended.Parts, ended.FailedParts));
        Assert.Contains("the engine is gone", await File.ReadAllTextAsync(Path.Combine(folder.Output, "part-00002.error.json"), Token),
            StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<JobException>(() => job.MergeAsync(folder.Merged, Token));
        Assert.Contains("part-00002", error.Message, StringComparison.Ordinal);
        Assert.Equal((4, 0), (await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token)) is var next
            ? (next.Parts, next.FailedParts)
            : default);
        Assert.Empty(Directory.EnumerateFiles(folder.Output, "*.error.json"));
    }

    [Theory]
    [InlineData("part-00001.jsonl", "{\"index\":10,\"upper\":\"TEXT 10\"}\n")]
    [InlineData("part-00001.jsonl", "")]
    [InlineData("part-00001.jsonl", "{\"index\":10")]
    public async Task Verify_BrokenPart_IsTold(string name, string content)
    {
        using var folder = new JobFolder();
        var job = await folder.CreateAsync(folder.Lines(30));
        await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        await File.WriteAllTextAsync(Path.Combine(folder.Output, name), content, Token);
        Assert.Equal([1], (await job.VerifyAsync(Token)).BrokenParts);
        await Assert.ThrowsAsync<JobException>(() => job.MergeAsync(folder.Merged, Token));
        Assert.False(File.Exists(folder.Merged));
    }

    [Fact]
    public async Task Create_ChangedInput_IsRefused()
    {
        using var folder = new JobFolder();
        await folder.CreateAsync(folder.Lines(30));
        var error = await Assert.ThrowsAsync<JobException>(() => folder.CreateAsync(folder.Lines(31)));
        Assert.Contains("the content of input 'input.jsonl' was another one", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<JobException>(() => folder.CreateAsync(folder.Lines(30), linesPerPart: 7));
        Assert.Contains("it has 10 lines per part", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"text\":\"longer 0\"}\n{\"text\":\"text 1\"}\n", "it is another file")]
    [InlineData("{\"text\":\"next 0\"}\n{\"text\":\"text 1\"}\n", "another content than when the job was made")]
    [InlineData(null, "is not there")]
    public async Task Run_InputChangedAfterwards_GivesNoResults(string? content, string expected)
    {
        using var folder = new JobFolder();
        var input = folder.Lines(2);
        var job = await folder.CreateAsync(input, linesPerPart: 1);
        if (content is null) File.Delete(input);
        else folder.Write("input.jsonl", content);
        if (content is not null) File.SetLastWriteTimeUtc(input, File.GetLastWriteTimeUtc(input).AddSeconds(1));
        var ended = await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        Assert.Equal((0, 2), (ended.Parts, ended.FailedParts));
        Assert.Contains(expected, await File.ReadAllTextAsync(Path.Combine(folder.Output, "part-00001.error.json"), Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_InputChangedWhileItIsRead_GivesNoResult()
    {
        using var folder = new JobFolder();
        var input = folder.Lines(20);
        var job = await folder.CreateAsync(input);
        var ended = await job.RunAsync(new UpperCaseWorker(async (line, _) =>
        {
            if (line.Index != 15) return;
            await using var file = new FileStream(input, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            await file.WriteAsync("{}\n"u8.ToArray(), Token);
        }), new JobRunOptions(), cancellationToken: Token);
        Assert.Equal(2, ended.Parts + ended.FailedParts);
        Assert.False(File.Exists(Path.Combine(folder.Output, "part-00001.jsonl")));
    }

    [Fact]
    public async Task Run_InputTouchedOnly_GoesOn()
    {
        using var folder = new JobFolder();
        var input = folder.Lines(20);
        var job = await folder.CreateAsync(input);
        File.SetLastWriteTimeUtc(input, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(2, (await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token)).Parts);
    }

    [Fact]
    public async Task Create_MovedInput_IsReadAtItsNewPlaceByOthers()
    {
        using var folder = new JobFolder();
        var input = folder.Lines(30);
        await folder.CreateAsync(input);
        var moved = folder.PathOf("moved.jsonl");
        File.Move(input, moved);
        await folder.CreateAsync(moved);

        // As a silo does, which knows only the folder.
        var job = await GemmaJob.OpenAsync(folder.Output, Token);
        await job.RunAsync(new UpperCaseWorker(), new JobRunOptions(), cancellationToken: Token);
        Assert.True((await job.VerifyAsync(Token)).IsComplete);
    }

    [Fact]
    public void Shard_CountedFromZeroOrOne_CoversAllPartsOnce()
    {
        foreach (var first in (int[])[0, 1])
        {
            var shards = Enumerable.Range(first, 3).Select(number => JobShard.Parse($"{number}/3")).ToArray();
            Assert.All(Enumerable.Range(0, 10), part => Assert.Single(shards, shard => shard.Contains(part)));
        }
    }

    [Theory]
    [InlineData("0/0")]
    [InlineData("4/3")]
    [InlineData("1")]
    [InlineData("-1/3")]
    [InlineData("a/b")]
    public void Shard_Wrong_IsRefused(string text) => Assert.Throws<FormatException>(() => JobShard.Parse(text));
}
