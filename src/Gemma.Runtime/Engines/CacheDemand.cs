namespace Gemma.Runtime.Engines;

/// <summary>What sequences take of an engine's key-value cache.</summary>
/// <param name="Sequences">How many they are.</param>
/// <param name="Bytes">Bytes of their keys and values, as far as the engine counts them.</param>
/// <param name="Longest">Tokens of the longest.</param>
internal readonly record struct CacheDemand(int Sequences, long Bytes, int Longest)
{
    /// <summary>Both together.</summary>
    public static CacheDemand operator +(CacheDemand left, CacheDemand right) =>
        new(left.Sequences + right.Sequences, left.Bytes + right.Bytes, Math.Max(left.Longest, right.Longest));

    /// <summary>So many of them.</summary>
    public static CacheDemand operator *(CacheDemand demand, int count) => new(demand.Sequences * count, demand.Bytes * count, demand.Longest);
}
