using System.Diagnostics;
using Gemma.Jobs;

namespace Gemma.Cli.Jobs;

/// <summary>Says on the error stream, every few seconds, how far a job is. Safe for concurrent use.</summary>
internal sealed class LineProgress(TextWriter error) : IProgress<JobProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private long _last = Stopwatch.GetTimestamp();

    public void Report(JobProgress value)
    {
        lock (_lock)
        {
            if (Stopwatch.GetElapsedTime(_last) < Interval) return;
            _last = Stopwatch.GetTimestamp();
            error.WriteLine(value);
        }
    }
}
