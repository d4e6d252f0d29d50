namespace Gemma.Cli.Benchmarks;

/// <summary>What a sequence of some length costs.</summary>
/// <param name="Tokens">Its length.</param>
/// <param name="PrefillTokensPerSecond">Over all of it, from the first token on.</param>
/// <param name="DecodeTokensPerSecond">Of the tokens behind it.</param>
/// <param name="Longer">The length of another sequence beside it, or 0.</param>
/// <param name="CacheBytes">Keys and values, of both.</param>
/// <param name="ResidentBytes">The process's memory, mapped pages of the weight file included.</param>
internal sealed record ContextPoint(int Tokens, double PrefillTokensPerSecond, double DecodeTokensPerSecond, int Longer, long CacheBytes,
    long ResidentBytes)
{
    /// <summary>The values with their names in JSON.</summary>
    public IEnumerable<(string Name, double Value)> Values() =>
    [
        ("tokens", Tokens),
        ("prefill_tokens_per_second", PrefillTokensPerSecond),
        ("decode_tokens_per_second", DecodeTokensPerSecond),
        ("beside_tokens", Longer),
        ("cache_bytes", CacheBytes),
        ("resident_bytes", ResidentBytes),
    ];
}
