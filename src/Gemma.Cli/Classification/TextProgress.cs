using System.Diagnostics;
using System.Globalization;

namespace Gemma.Cli.Classification;

/// <summary>Says on the error stream, every few seconds, how many texts are done: nothing for a job that is over before.</summary>
internal sealed class TextProgress(TextWriter error)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _next = Interval;
    private int _done;

    public void Add()
    {
        _done++;
        var elapsed = Stopwatch.GetElapsedTime(_start);
        if (elapsed < _next) return;
        _next = elapsed + Interval;
        error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_done} texts, {_done / elapsed.TotalSeconds:0.#} per second"));
    }
}
