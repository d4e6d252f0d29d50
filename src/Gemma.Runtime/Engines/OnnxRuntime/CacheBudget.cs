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

    /// <summary>The budget that an engine gets when none was asked for: every sequence full, but at most a quarter of the memory that the process may use.</summary>
    public static long DefaultBytes(int sequences, long bytesPerToken, int contextLength) =>
        Math.Min(sequences * bytesPerToken * contextLength, Math.Max(bytesPerToken * contextLength, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4));

    /// <summary>The most tokens that one sequence can have within the budget.</summary>
    public int LongestSequence => BytesPerToken == 0 ? ContextLength : (int)Math.Min(ContextLength, Bytes / BytesPerToken / Step * Step);

    public bool Allows(int slots, int capacity) => slots * BytesPerToken * capacity <= Bytes;

    /// <summary>The smallest capacity for so many tokens.</summary>
    public int Exact(int tokens) => (int)Math.Min(ContextLength, ((long)tokens + Step - 1) / Step * Step);

    /// <summary>A capacity with room to grow, so that a growing sequence seldom moves the arena.</summary>
    public int Bucket(int tokens)
    {
        long bucket = SmallestBucket;
        while (bucket < tokens) bucket = bucket < LinearFrom ? bucket * 2 : bucket + LinearStep;
        return (int)Math.Min(ContextLength, bucket);
    }
}
