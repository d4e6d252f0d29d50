namespace Gemma.Jobs;

/// <summary>A file of records, and what tells that it is still the same.</summary>
internal sealed record JobInput
{
    public required string Path { get; init; }

    public required InputFormat Format { get; init; }

    public required long Bytes { get; init; }

    /// <summary>When the file was last written, as its machine saw it; null in jobs of older versions.</summary>
    public DateTime? Modified { get; init; }

    public required string Sha256 { get; init; }

    /// <summary>Records.</summary>
    public required long Lines { get; init; }

    /// <summary>The key or column of the text, where it has another name.</summary>
    public string? TextColumn { get; init; }

    /// <summary>Of JSON Lines: where each part begins.</summary>
    public IReadOnlyList<long>? Offsets { get; init; }
}
