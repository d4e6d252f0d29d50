namespace Gemma.Runtime.Generation.Reading;

/// <summary>Texts that wait to be read, from all callers. The longest-waiting one decides a pass; texts of its width fill it up.</summary>
/// <remarks>Safe for concurrent use.</remarks>
/// <param name="maxRows">The most texts of a pass.</param>
internal sealed class ReadingQueue(int maxRows)
{
    private readonly Lock _lock = new();
    private readonly List<HiddenStateRequest> _waiting = [];
    private bool _served;

    /// <summary>Tokens of the longest waiting text, 0 if none waits.</summary>
    public int LongestText
    {
        get
        {
            lock (_lock) return _waiting.Count == 0 ? 0 : _waiting.Max(static request => request.Tokens.Length);
        }
    }

    /// <summary>Adds a text.</summary>
    /// <returns>Whether nobody takes texts out, so that the caller has to start someone who does.</returns>
    public bool Add(HiddenStateRequest request)
    {
        lock (_lock)
        {
            _waiting.Add(request);
            if (_served) return false;
            _served = true;
            return true;
        }
    }

    /// <summary>Takes the rows of the next pass. None means that the queue is empty and from now on unserved.</summary>
    /// <param name="maxTokens">The most tokens of the pass, padding included; a text of more is taken alone.</param>
    /// <param name="cancelled">Receives the texts whose callers have gone.</param>
    public List<ReadingRow> Take(int maxTokens, List<HiddenStateRequest> cancelled)
    {
        lock (_lock)
        {
            cancelled.AddRange(_waiting.Where(static request => request.CancellationToken.IsCancellationRequested));
            _waiting.RemoveAll(cancelled.Contains);
            if (_waiting.Count == 0)
            {
                _served = false;
                return [];
            }

            return TakeRows(maxTokens);
        }
    }

    /// <summary>Takes everything out; the queue is unserved from now on.</summary>
    public List<HiddenStateRequest> Clear()
    {
        lock (_lock)
        {
            _served = false;
            List<HiddenStateRequest> all = [.. _waiting];
            _waiting.Clear();
            return all;
        }
    }

    private List<ReadingRow> TakeRows(int maxTokens)
    {
        var width = ReadingRow.Width(_waiting[0].Tokens.Length);
        List<ReadingRow> rows = [];
        foreach (var request in _waiting)
        {
            if (ReadingRow.Width(request.Tokens.Length) != width) continue;
            if (rows.Find(row => row.Tokens.Span.SequenceEqual(request.Tokens.Span)) is { } same) same.Readers.Add(request);
            else if (rows.Count == 0 || (rows.Count < maxRows && (rows.Count + 1) * width <= maxTokens)) rows.Add(new ReadingRow(request));
        }

        var taken = rows.SelectMany(static row => row.Readers).ToHashSet();
        _waiting.RemoveAll(taken.Contains);
        return rows;
    }
}
