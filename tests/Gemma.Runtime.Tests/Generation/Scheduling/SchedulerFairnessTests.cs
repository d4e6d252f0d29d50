using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Tests.Generation.Scheduling;

/// <summary>Long prompts, jobs and answers take turns.</summary>
public sealed class SchedulerFairnessTests
{
    [Fact]
    public async Task Run_ShortPromptBehindLongOnes_StartsBeforeTheyAreDone()
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { PrefillChunk = 16 });
        using var release = new ManualResetEventSlim();
        var blocked = await InferenceSchedulerTests.StartBlockedAsync(scheduler, release);
        List<string> order = [];
        GreedyTask[] tasks =
        [
            .. Enumerable.Range(1, 3).Select(i => new GreedyTask(TinyEngine.Prompt(i, 240), 1) { BeforeToken = _ => order.Add("long") }),
            new GreedyTask(TinyEngine.Prompt(9, 12), 1) { BeforeToken = _ => order.Add("short") },
        ];
        foreach (var task in tasks) scheduler.Submit(task);
        release.Set();
        foreach (var task in tasks) await task.Result;
        await blocked.Result;
        Assert.Equal("short", order[0]);
    }

    [Fact]
    public async Task Run_LongPromptWhileOthersGenerate_LetsThemGoOn()
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { PrefillChunkWhileDecoding = 8 });
        var tokensBefore = 0;
        var generating = new GreedyTask(TinyEngine.Prompt(1, 10), 150);
        var admitted = new GreedyTask(TinyEngine.Prompt(2, 240), 1) { BeforeToken = _ => tokensBefore = generating.Output.Count };
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var other = new GreedyTask(TinyEngine.Prompt(3, 10), 150)
        {
            BeforeToken = count => { if (count == 5) { scheduler.Submit(admitted); started.SetResult(); } },
        };
        scheduler.Submit(generating);
        scheduler.Submit(other);
        await started.Task;
        await admitted.Result;

        // Thirty pieces of eight tokens, with at least one token of the others between two of them.
        Assert.InRange(tokensBefore, 25, 150);
        Assert.Equal(TinyEngine.Solo(TinyEngine.Prompt(1, 10), 150), await generating.Result);
    }

    [Fact]
    public async Task Run_ShortPromptsTogether_ShareOnePass()
    {
        await using var scheduler = TinyEngine.Start();
        using var release = new ManualResetEventSlim();
        var blocked = await InferenceSchedulerTests.StartBlockedAsync(scheduler, release);
        var tasks = Enumerable.Range(0, 6).Select(i => new GreedyTask(TinyEngine.Prompt(i, 6 + i), 1)).ToArray();
        foreach (var task in tasks) scheduler.Submit(task);
        var before = scheduler.Statistics.Passes;
        release.Set();
        foreach (var task in tasks) await task.Result;
        await blocked.Result;

        // Two passes are the blocked request's own tokens.
        Assert.InRange(scheduler.Statistics.Passes - before, 1, 4);
        for (var i = 0; i < tasks.Length; i++) Assert.Equal(TinyEngine.Solo(TinyEngine.Prompt(i, 6 + i), 1), await tasks[i].Result);
    }

    [Fact]
    public async Task Submit_JobsAndRequests_BothEndAndJobsNeverOverfillTheEngine()
    {
        await using var scheduler = TinyEngine.Start(new SchedulerOptions { MaxConcurrentRequests = 6 }, maxSequences: 6);
        var warm = Enumerable.Range(0, 6).Select(i => new GreedyTask(TinyEngine.Prompt(i, 40), 2)).ToArray();
        foreach (var task in warm) scheduler.Submit(task);
        foreach (var task in warm) await task.Result;
        var jobs = Enumerable.Range(0, 4).Select(i => new BranchJob(TinyEngine.Prompt(50 + i, 30), 4, 5)).ToArray();
        var tasks = Enumerable.Range(0, 4).Select(i => new GreedyTask(TinyEngine.Prompt(10 + i, 30), 20)).ToArray();
        for (var i = 0; i < 4; i++)
        {
            scheduler.Submit(jobs[i]);
            scheduler.Submit(tasks[i]);
        }

        foreach (var job in jobs) Assert.Equal(5, await job.Result);
        for (var i = 0; i < 4; i++) Assert.Equal(TinyEngine.Solo(TinyEngine.Prompt(10 + i, 30), 20), await tasks[i].Result);
        Assert.Throws<GemmaOverloadedException>(() => scheduler.Submit(new BranchJob([2, 3], 7, 1)));
    }

    // Runs the same prompt in several sequences, like a beam search.
    private sealed class BranchJob(int[] prompt, int branches, int steps) : EngineJob(TestContext.Current.CancellationToken)
    {
        private readonly TaskCompletionSource<int> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<IEngineSequence> _sequences = [];
        private int _steps;

        public override int Sequences => branches;

        public Task<int> Result => _completion.Task;

        public override bool Step(IInferenceEngine engine, CancellationToken cancellationToken)
        {
            if (_sequences.Count == 0)
            {
                for (var i = 0; i < branches; i++) _sequences.Add(engine.CreateSequence());
                engine.Run([new EngineInput(_sequences[0], prompt)], cancellationToken);
                foreach (var sequence in _sequences.Skip(1)) sequence.CopyFrom(_sequences[0], prompt.Length);
                return true;
            }

            engine.Run([.. _sequences.Select((sequence, i) => new EngineInput(sequence, new[] { 20 + i }))], cancellationToken);
            return ++_steps < steps;
        }

        public override void Finish(Exception? error)
        {
            foreach (var sequence in _sequences) sequence.Dispose();
            if (error is null) _completion.SetResult(_steps);
            else _completion.SetException(error);
        }
    }
}
