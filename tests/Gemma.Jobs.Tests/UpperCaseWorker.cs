using System.Text.Json;

namespace Gemma.Jobs.Tests;

/// <summary>Answers a text in capital letters; can be told to wait or to fail.</summary>
internal sealed class UpperCaseWorker(Func<JobLine, CancellationToken, Task>? before = null) : IJobWorker
{
    private int _lines;

    /// <summary>Lines that were worked on.</summary>
    public int Lines => _lines;

    public async Task<Action<Utf8JsonWriter>> RunAsync(JobLine line, CancellationToken cancellationToken)
    {
        if (before is not null) await before(line, cancellationToken);
        var text = line.Element.TryGetProperty("text", out var value) ? value.GetString()! : throw new JobLineException("text: the key is missing.");
        Interlocked.Increment(ref _lines);
        return json => json.WriteString("upper", text.ToUpperInvariant());
    }
}
