using Gemma.Runtime.Engines;

namespace Gemma.Cli.Benchmarks;

/// <summary>What is measured, and how long.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>What computes, and where.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>Repetitions; medians are reported.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>Tokens of the prompt whose speed is measured.</summary>
    public int PromptTokens { get; init; } = 512;

    /// <summary>Tokens generated per measurement.</summary>
    public int NewTokens { get; init; } = 32;

    /// <summary>The most sequences at the same time.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>Mean seconds between two chats that arrive.</summary>
    public double ArrivalSeconds { get; init; } = 0.2;

    /// <summary>Tokens of the conversation whose second turn is measured.</summary>
    public int HistoryTokens { get; init; } = 1500;

    /// <summary>Tokens of the prompt that arrives while others generate.</summary>
    public int LongPromptTokens { get; init; } = 512;

    /// <summary>The parts to run; empty: all.</summary>
    public IReadOnlySet<string> Parts { get; init; } = new HashSet<string>();

    /// <summary>All parts' names, in the order of measurement.</summary>
    public static IReadOnlyList<string> AllParts { get; } = ["single", "batch", "overhead", "lookup", "chats", "admission", "history", "system"];

    public bool Includes(string part) => Parts.Count == 0 || Parts.Contains(part);
}
