namespace Gemma.Server.Catalog;

/// <summary>What a request says about its vectors; null leaves it to the model's setup.</summary>
internal sealed record EmbeddingTerms
{
    /// <summary>How many numbers are kept, or null for all.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Whether texts beyond the context are cut at their end; otherwise as the setup says.</summary>
    public bool Truncate { get; init; }

    /// <summary>Whether vectors have length 1.</summary>
    public bool? Normalize { get; init; }

    /// <summary>The prompt that is put before texts.</summary>
    public string? PromptName { get; init; }
}
