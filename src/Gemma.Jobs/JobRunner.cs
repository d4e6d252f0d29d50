using System.Diagnostics;

namespace Gemma.Jobs;

/// <summary>Does the parts of a job that are not done.</summary>
internal sealed class JobRunner(JobSpec spec, IJobStore store, IJobWorker worker, JobRunOptions options)
{
    // While one part's last lines are worked on, the next one's fill the places.
    private const int ConcurrentParts = 2;

    public async Task<JobProgress> RunAsync(IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        var parts = spec.Parts().Where(part => options.Shard.Contains(part.Number)).ToArray();
        store.RemoveLeftovers();
        var done = store.ListParts();
        var counter = new ProgressCounter(parts, done, progress);
        using var places = new SemaphoreSlim(options.MaxConcurrentLines);
        using var runner = new PartRunner(new CountingWorker(worker, counter), places);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ConcurrentParts, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(parts.Where(part => !done.Contains(part.Number)), parallel,
            async (part, stopping) => await RunPartAsync(runner, part, counter, stopping).ConfigureAwait(false)).ConfigureAwait(false);
        return counter.Current;
    }

    private async Task RunPartAsync(PartRunner runner, JobPart part, ProgressCounter counter, CancellationToken cancellationToken)
    {
        var delay = options.RetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var (content, errors) = await runner.RunAsync(spec.Inputs[part.Input], part, cancellationToken).ConfigureAwait(false);
                await store.WritePartAsync(part, content, cancellationToken).ConfigureAwait(false);
                counter.Finish(part, errors);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // What is wrong with the job itself stays wrong.
                if (attempt < options.MaxAttempts && e is not JobException)
                {
                    await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
                    delay *= 4;
                    continue;
                }

                await store.WriteFailureAsync(part, e.Message, attempt, cancellationToken).ConfigureAwait(false);
                counter.Fail();
                return;
            }
        }
    }

    /// <summary>Tells each line that is done, so that progress shows before the first part is.</summary>
    private sealed class CountingWorker(IJobWorker worker, ProgressCounter counter) : IJobWorker
    {
        public async Task<Action<System.Text.Json.Utf8JsonWriter>> RunAsync(JobLine line, CancellationToken cancellationToken)
        {
            var result = await worker.RunAsync(line, cancellationToken).ConfigureAwait(false);
            counter.Line();
            return result;
        }
    }

    /// <summary>Counts what is done. Safe for concurrent use.</summary>
    private sealed class ProgressCounter(JobPart[] parts, IReadOnlySet<int> done, IProgress<JobProgress>? progress)
    {
        private readonly Lock _lock = new();
        private readonly long _start = Stopwatch.GetTimestamp();
        private readonly long _total = parts.Sum(part => (long)part.Count);
        private long _lines = parts.Where(part => done.Contains(part.Number)).Sum(part => (long)part.Count);
        private int _parts = parts.Count(part => done.Contains(part.Number));
        private long _computed;
        private long _errors;
        private int _failed;

        public JobProgress Current
        {
            get
            {
                lock (_lock)
                {
                    return new JobProgress(_lines, _total, _parts, parts.Length, _errors, _failed,
                        _computed / Math.Max(Stopwatch.GetElapsedTime(_start).TotalSeconds, 1e-3));
                }
            }
        }

        public void Line()
        {
            lock (_lock) _computed++;
            progress?.Report(Current);
        }

        public void Finish(JobPart part, int errors)
        {
            lock (_lock)
            {
                _lines += part.Count;
                _parts++;
                _errors += errors;
            }

            progress?.Report(Current);
        }

        public void Fail()
        {
            lock (_lock) _failed++;
            progress?.Report(Current);
        }
    }
}
