using System.Text.Json;

namespace Gemma.Cli.Benchmarks;

/// <summary>What was measured; parts that did not run are null.</summary>
internal sealed class BenchmarkReport
{
    public required string Model { get; init; }

    public required string Engine { get; init; }

    public required int Threads { get; init; }

    /// <summary>Bytes of weights that one pass reads.</summary>
    public required long WeightBytesPerToken { get; init; }

    public required long CacheBytesPerToken { get; init; }

    public double FirstLoadSeconds { get; set; }

    public double LoadSeconds { get; set; }

    /// <summary>The first pass after a load, over one token: it touches every weight for the first time.</summary>
    public double? LoadedFirstTokenSeconds { get; set; }

    public long PeakMemoryBytes { get; set; }

    public double? MemoryBandwidth { get; set; }

    public double? PrefillTokensPerSecond { get; set; }

    public double? BestPrefillTokensPerSecond { get; set; }

    public double? DecodeTokensPerSecond { get; set; }

    public double? BestDecodeTokensPerSecond { get; set; }

    /// <summary>Decode speed as a share of what the memory bandwidth allows.</summary>
    public double? DecodeBandwidthShare { get; set; }

    /// <summary>Sequences in one pass, their tokens per second in all, and how much more that is than one alone.</summary>
    public List<(int Sequences, double TokensPerSecond, double Gain)> Batches { get; } = [];

    /// <summary>A growing sequence at each length.</summary>
    public List<ContextPoint> Contexts { get; } = [];

    /// <summary>The share of a sampled chat's time that is not the engine's.</summary>
    public double? OverheadShare { get; set; }

    public double? AllocatedBytesPerToken { get; set; }

    public double? LookupTokensPerSecond { get; set; }

    /// <summary>How much faster a copying answer is with prompt lookup.</summary>
    public double? LookupGain { get; set; }

    public double? DraftTokensPerSecond { get; set; }

    /// <summary>How much faster an answer is with the draft model.</summary>
    public double? DraftGain { get; set; }

    public long? DraftedTokens { get; set; }

    /// <summary>The share of the draft model's guesses that were right.</summary>
    public double? DraftAcceptance { get; set; }

    /// <summary>The share that was asked for, where it is simulated.</summary>
    public double? SimulatedAcceptance { get; set; }

    public double? ChatTokensPerSecond { get; set; }

    public (double Median, double P95)? ChatFirstTokenSeconds { get; set; }

    public (double Median, double P95)? ChatGapSeconds { get; set; }

    public double? UndisturbedGapSeconds { get; set; }

    public double? AdmissionGapSeconds { get; set; }

    /// <summary>Mean time between tokens while a long prompt is admitted, as a multiple of what one more request costs anyway.</summary>
    public double? AdmissionGapRatio { get; set; }

    /// <summary>The same of the chat that waits longest.</summary>
    public double? AdmissionWorstGapRatio { get; set; }

    public double? AdmissionFirstTokenSeconds { get; set; }

    public double? ColdFirstTokenSeconds { get; set; }

    public double? CachedFirstTokenSeconds { get; set; }

    /// <summary>Tokens per second of texts that are embedded together.</summary>
    public double? EmbedTokensPerSecond { get; set; }

    public int? SystemPromptTokens { get; set; }

    /// <summary>Tokens computed for one system prompt of several users.</summary>
    public long? SystemPromptComputed { get; set; }

    /// <summary>Every measured value with its name in JSON and its unit.</summary>
    public IEnumerable<(string Name, double? Value)> Values() =>
    [
        ("load_seconds", LoadSeconds),
        ("first_load_seconds", FirstLoadSeconds),
        ("first_token_seconds_after_load", LoadedFirstTokenSeconds),
        ("peak_memory_bytes", PeakMemoryBytes),
        ("weight_bytes_per_token", WeightBytesPerToken),
        ("cache_bytes_per_token", CacheBytesPerToken),
        ("memory_bandwidth_bytes_per_second", MemoryBandwidth),
        ("prefill_tokens_per_second", PrefillTokensPerSecond),
        ("prefill_best_tokens_per_second", BestPrefillTokensPerSecond),
        ("decode_tokens_per_second", DecodeTokensPerSecond),
        ("decode_best_tokens_per_second", BestDecodeTokensPerSecond),
        ("decode_bandwidth_share", DecodeBandwidthShare),
        ("overhead_share", OverheadShare),
        ("allocated_bytes_per_token", AllocatedBytesPerToken),
        ("lookup_decode_tokens_per_second", LookupTokensPerSecond),
        ("lookup_gain", LookupGain),
        ("draft_decode_tokens_per_second", DraftTokensPerSecond),
        ("draft_gain", DraftGain),
        ("draft_tokens", DraftedTokens),
        ("draft_acceptance", DraftAcceptance),
        ("draft_simulated_acceptance", SimulatedAcceptance),
        ("chats_tokens_per_second", ChatTokensPerSecond),
        ("chats_first_token_seconds_median", ChatFirstTokenSeconds?.Median),
        ("chats_first_token_seconds_p95", ChatFirstTokenSeconds?.P95),
        ("chats_gap_seconds_median", ChatGapSeconds?.Median),
        ("chats_gap_seconds_p95", ChatGapSeconds?.P95),
        ("admission_undisturbed_gap_seconds", UndisturbedGapSeconds),
        ("admission_gap_seconds", AdmissionGapSeconds),
        ("admission_gap_ratio", AdmissionGapRatio),
        ("admission_worst_gap_ratio", AdmissionWorstGapRatio),
        ("admission_first_token_seconds", AdmissionFirstTokenSeconds),
        ("first_token_seconds_cold", ColdFirstTokenSeconds),
        ("first_token_seconds_cached", CachedFirstTokenSeconds),
        ("first_token_gain", ColdFirstTokenSeconds / CachedFirstTokenSeconds),
        ("embed_tokens_per_second", EmbedTokensPerSecond),
        ("embed_of_prefill", EmbedTokensPerSecond / PrefillTokensPerSecond),
        ("system_prompt_tokens", SystemPromptTokens),
        ("system_prompt_computed_tokens", SystemPromptComputed),
    ];

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("model", Model);
        json.WriteString("engine", Engine);
        json.WriteNumber("threads", Threads);
        foreach (var (name, value) in Values())
        {
            if (value is { } number) WriteNumber(json, name, number);
        }

        WriteRows(json, "batch",
            Batches.Select(row => ((string, double)[])[("sequences", row.Sequences), ("decode_tokens_per_second", row.TokensPerSecond), ("gain", row.Gain)]));
        WriteRows(json, "context", Contexts.Select(point => point.Values()));
    }

    private static void WriteRows(Utf8JsonWriter json, string name, IEnumerable<IEnumerable<(string Name, double Value)>> rows)
    {
        if (!rows.Any()) return;
        json.WriteStartArray(name);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            foreach (var (key, value) in row) WriteNumber(json, key, value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, Math.Abs(value) < 1e15 && value == Math.Truncate(value) ? (decimal)value : Math.Round((decimal)value, 6));
    }
}
