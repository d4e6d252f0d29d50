namespace Gemma.Tokenization.Files;

/// <summary>A tokenizer as the metadata of a GGUF file gives it (<c>tokenizer.ggml.…</c>), not yet checked.</summary>
internal sealed record GgufVocabulary
{
    /// <summary>The file, for messages.</summary>
    public required string Path { get; init; }

    /// <summary>"llama" for a vocabulary with scores, "gemma4" for one with merges.</summary>
    public required string? Model { get; init; }

    /// <summary>The pieces by id, in UTF-8.</summary>
    public required IReadOnlyList<byte[]> Tokens { get; init; }

    /// <summary>The pieces' scores, or null.</summary>
    public required IReadOnlyList<float>? Scores { get; init; }

    /// <summary>The pieces' types, or null.</summary>
    public required IReadOnlyList<int>? Types { get; init; }

    /// <summary>The merges, "left right", or null.</summary>
    public required IReadOnlyList<string>? Merges { get; init; }

    /// <summary>The token that begins a text, or null.</summary>
    public required int? BosTokenId { get; init; }

    /// <summary>The token that ends a text, or null.</summary>
    public required int? EosTokenId { get; init; }

    /// <summary>The unknown token, or null.</summary>
    public required int? UnknownTokenId { get; init; }

    /// <summary>The padding token, or null.</summary>
    public required int? PadTokenId { get; init; }

    /// <summary>Whether texts begin with BOS, or null.</summary>
    public required bool? AddBosToken { get; init; }

    /// <summary>Whether texts end with EOS, or null.</summary>
    public required bool? AddEosToken { get; init; }
}
