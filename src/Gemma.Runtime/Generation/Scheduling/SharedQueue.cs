namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>The waiting texts, found by urgency, by width and by what they say: a pass is put together without looking at those that stay behind.</summary>
/// <remarks>Not safe for concurrent use: <see cref="RequestQueue"/> locks.</remarks>
internal sealed class SharedQueue
{
    private readonly SortedSet<QueuedRequest> _all = new(QueuedRequest.ByUrgency);
    private readonly Dictionary<int, SortedSet<QueuedRequest>> _byWidth = [];
    private readonly Dictionary<ReadOnlyMemory<int>, HashSet<QueuedRequest>> _byText = new(new TokenComparer());

    /// <summary>The text whose turn it is, or null.</summary>
    public QueuedRequest? First => _all.Min;

    public void Add(QueuedRequest entry)
    {
        var request = (SharedRequest)entry.Request;
        _all.Add(entry);
        if (!_byWidth.TryGetValue(request.Width, out var like)) _byWidth.Add(request.Width, like = new SortedSet<QueuedRequest>(QueuedRequest.ByUrgency));
        like.Add(entry);
        if (!_byText.TryGetValue(request.Tokens, out var same)) _byText.Add(request.Tokens, same = []);
        same.Add(entry);
    }

    /// <returns>False if it is not there.</returns>
    public bool Remove(QueuedRequest entry)
    {
        if (!_all.Remove(entry)) return false;
        var request = (SharedRequest)entry.Request;
        var (like, same) = (_byWidth[request.Width], _byText[request.Tokens]);
        like.Remove(entry);
        if (like.Count == 0) _byWidth.Remove(request.Width);
        same.Remove(entry);
        if (same.Count == 0) _byText.Remove(request.Tokens);
        return true;
    }

    /// <summary>The most urgent text of a width, or null.</summary>
    public QueuedRequest? FirstOf(int width) => _byWidth.TryGetValue(width, out var like) ? like.Min : null;

    /// <summary>Every request for a text.</summary>
    public QueuedRequest[] AllOf(ReadOnlyMemory<int> tokens) => _byText.TryGetValue(tokens, out var same) ? [.. same] : [];
}
