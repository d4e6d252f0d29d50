using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>What a job is. A folder that holds a job is continued only by the same one.</summary>
public sealed record GemmaJobOptions
{
    /// <summary>The work's name, such as <c>classify</c>, <c>embed</c> or <c>generate</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// The files to read: <c>.jsonl</c> (or <c>.ndjson</c>, <c>.json</c>) with an object a line, <c>.csv</c> or <c>.tsv</c> with a header, <c>.parquet</c>.
    /// </summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The folder for the results, made if it is not there.</summary>
    public required string Output { get; init; }

    /// <summary>The model's name, kept to compare.</summary>
    /// <value>Default null.</value>
    public string? Model { get; init; }

    /// <summary>The SHA-256 of the model's package, kept to compare: every machine of a job must have the same one.</summary>
    /// <value>Default null.</value>
    public string? ModelHash { get; init; }

    /// <summary>An object with the work's options, kept to compare and for the workers of other machines.</summary>
    /// <value>Default null.</value>
    public JsonElement? Options { get; init; }

    /// <summary>The column of a table, or key of a line, that holds the text.</summary>
    /// <value>Default null: lines are taken as they are; a table's columns are those whose name the work knows.</value>
    public string? TextColumn { get; init; }

    /// <summary>Records of one part. A kill loses the parts that are running.</summary>
    /// <value>1 to 100000, default 1000.</value>
    public int LinesPerPart { get; init; } = 1000;

    internal const int MaxLinesPerPart = 100_000;
}
