using System.Text;

namespace Gemma.Runtime.Generation.Stopping;

/// <summary>Finds stop sequences in streamed text, across the borders of pieces, and holds back what may become one.</summary>
internal sealed class StopSequenceMatcher
{
    private readonly string[] _stops;
    private readonly StringBuilder _held = new();

    public StopSequenceMatcher(IReadOnlyList<string> stops)
    {
        if (stops.Any(string.IsNullOrEmpty)) throw new ArgumentException("A stop sequence is empty.", nameof(stops));
        _stops = [.. stops];
    }

    /// <summary>Takes more text.</summary>
    /// <param name="text">The next piece.</param>
    /// <param name="stopped">Whether a stop sequence is complete: it and what follows are dropped.</param>
    /// <returns>The text that cannot be part of a stop sequence any more.</returns>
    public string Append(string text, out bool stopped)
    {
        stopped = false;
        if (_stops.Length == 0) return text;
        var all = _held.Append(text).ToString();
        _held.Clear();
        var (first, end) = (-1, all.Length);
        foreach (var stop in _stops)
        {
            var index = all.AsSpan(0, Math.Min(all.Length, end + stop.Length - 1)).IndexOf(stop, StringComparison.Ordinal);
            if (index >= 0 && (first < 0 || index < first)) (first, end) = (index, index);
        }

        if (first >= 0)
        {
            stopped = true;
            return all[..first];
        }

        var hold = _stops.Max(stop => PartialLength(all, stop));
        _held.Append(all, all.Length - hold, hold);
        return all[..^hold];
    }

    /// <summary>The text that was held back, at the end of a generation that no stop sequence ended.</summary>
    public string Flush()
    {
        var text = _held.ToString();
        _held.Clear();
        return text;
    }

    // The longest end of the text that begins a stop sequence.
    private static int PartialLength(string text, string stop)
    {
        for (var length = Math.Min(text.Length, stop.Length - 1); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length))) return length;
        }

        return 0;
    }
}
