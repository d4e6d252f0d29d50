using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Benchmarks;

/// <summary>What is measured, and how long.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>The part that reads long prompts; it runs only where it is asked for.</summary>
    public const string ContextPart = "context";

    /// <summary>The part that makes vectors of texts; the only one of a model that generates none, else it runs only where it is asked for.</summary>
    public const string EmbedPart = "embed";

    /// <summary>The part that measures <see cref="Draft"/>.</summary>
    public const string DraftPart = "draft";

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

    /// <summary>Lengths of the sequence whose growth is measured; those beyond the model's context are left out.</summary>
    public IReadOnlyList<int> ContextTokens { get; init; } = [1024, 8192, 32768];

    /// <summary>The package of a draft model, or null.</summary>
    public ModelPackage? Draft { get; init; }

    /// <summary>The share of its guesses that are right, where that is simulated; null: they are its own.</summary>
    public double? Acceptance { get; init; }

    /// <summary>Texts that are embedded together.</summary>
    public int Texts { get; init; } = 64;

    /// <summary>
    /// The parts to run; empty: all but <see cref="ContextPart"/>, which takes long, <see cref="EmbedPart"/>, and without a draft model
    /// <see cref="DraftPart"/>.
    /// </summary>
    public IReadOnlySet<string> Parts { get; init; } = new HashSet<string>();

    /// <summary>All parts' names, in the order of measurement.</summary>
    public static IReadOnlyList<string> AllParts { get; } = ["single", "batch", "overhead", "lookup", DraftPart, "chats", "admission", "history", "system",
        ContextPart, EmbedPart];

    public bool Includes(string part) =>
        Parts.Count > 0 ? Parts.Contains(part) : part == DraftPart ? Draft is not null : part is not (ContextPart or EmbedPart);
}
