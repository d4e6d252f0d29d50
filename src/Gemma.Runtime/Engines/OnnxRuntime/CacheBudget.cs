namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>How large the key-value arena may be, and in which steps it grows.</summary>
/// <param name="Bytes">The most bytes.</param>
/// <param name="BytesPerToken">Bytes of one token in one sequence.</param>
/// <param name="ContextLength">The most tokens of a sequence.</param>
internal readonly record struct CacheBudget(long Bytes, long BytesPerToken, int ContextLength)
{
    private const int Step = 64;
    private const int SmallestBucket = 256;
    private const int LinearFrom = 2048;
    private const int LinearStep = 1024;

    /// <summary>Which rows the caches of sliding-window layers drop; null: there are none.</summary>
    public WindowRows? Windows { get; init; }

    /// <summary>The part of <see cref="BytesPerToken"/> in caches of sliding-window layers.</summary>
    public long WindowBytesPerToken { get; init; }

    /// <summary>
    /// The budget that an engine gets when none was asked for: every sequence full, but at most a quarter of the memory that the process may use.
    /// </summary>
    public CacheBudget WithDefaultBytes(int sequences) =>
        this with
        {
            Bytes = Math.Min(sequences * BytesOf(ContextLength),
            Math.Max(BytesOf(ContextLength), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4))
        };

    /// <summary>The most tokens that one sequence can have within the budget.</summary>
    public int LongestSequence
    {
        get
        {
            if (BytesOf(ContextLength) <= Bytes) return ContextLength;
            var window = Windows is null ? 0 : WindowBytesPerToken * Windows.Capacity;
            var (bytes, perToken) = Windows is not null && BytesOf(Windows.Capacity) <= Bytes
                ? (Bytes - window, BytesPerToken - WindowBytesPerToken)
                : (Bytes, BytesPerToken);
            return (int)Math.Min(ContextLength, bytes / perToken / Step * Step);
        }
    }

    /// <summary>What a sequence of so many tokens takes.</summary>
    public CacheDemand DemandOf(int tokens)
    {
        tokens = Math.Min(tokens, LongestSequence);
        return new CacheDemand(1, BytesOf(Exact(tokens)), tokens);
    }

    /// <summary>Whether so much fits.</summary>
    /// <param name="demand">The sequences.</param>
    /// <param name="isSparse">Whether each takes its own length, and not the longest one's.</param>
    public bool Allows(CacheDemand demand, bool isSparse) => (isSparse ? demand.Bytes : demand.Sequences * BytesOf(Exact(demand.Longest))) <= Bytes;

    /// <summary>The rows that a sequence with so many is counted with.</summary>
    public CacheRows Rounded(CacheRows rows) => Rows(Exact(rows.All), rows);

    /// <summary>The rows of a slot for so many tokens.</summary>
    /// <param name="tokens">The capacity of caches that keep everything.</param>
    /// <param name="needed">What there must be room for.</param>
    public CacheRows Rows(int tokens, CacheRows needed) => new(tokens, Windows is null ? tokens : Math.Max(needed.Window, Math.Min(tokens, Windows.Capacity)));

    /// <summary>The smallest capacity for so many tokens.</summary>
    public int Exact(int tokens) => (int)Math.Min(ContextLength, ((long)tokens + Step - 1) / Step * Step);

    /// <summary>A capacity with room to grow, so that a growing sequence seldom moves the arena.</summary>
    public int Bucket(int tokens) => (int)Math.Min(ContextLength, BucketOf(tokens));

    /// <summary>The same for any length.</summary>
    public static long BucketOf(int tokens)
    {
        if (tokens > LinearFrom) return ((long)tokens + LinearStep - 1) / LinearStep * LinearStep;
        var bucket = SmallestBucket;
        while (bucket < tokens) bucket *= 2;
        return bucket;
    }

    private long BytesOf(int tokens) => ((BytesPerToken - WindowBytesPerToken) * tokens) + (WindowBytesPerToken * Math.Min(tokens, Windows?.Capacity ?? 0));
}
