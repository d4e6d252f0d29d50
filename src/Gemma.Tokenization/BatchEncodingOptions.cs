namespace Gemma.Tokenization;

/// <summary>How <see cref="GemmaTokenizer.EncodeBatch"/> encodes; the names and meanings are those of transformers' tokenizers.</summary>
public sealed record BatchEncodingOptions
{
    /// <summary>Whether to add BOS and EOS around each text.</summary>
    /// <value>Default true.</value>
    public bool AddSpecialTokens { get; init; } = true;

    /// <summary>Whether special tokens include BOS.</summary>
    /// <value>Default null: as <see cref="GemmaTokenizer.AddBosToken"/>.</value>
    public bool? AddBosToken { get; init; }

    /// <summary>Whether special tokens include EOS.</summary>
    /// <value>Default null: as <see cref="GemmaTokenizer.AddEosToken"/>.</value>
    public bool? AddEosToken { get; init; }

    /// <summary>Whether the text of a control token becomes that token. False for any text that is not your own.</summary>
    /// <value>Default true, as in transformers.</value>
    public bool RecognizeControlTokens { get; init; } = true;

    /// <summary>To what length sequences are filled with padding.</summary>
    /// <value>Default <see cref="PaddingStrategy.None"/>.</value>
    public PaddingStrategy Padding { get; init; }

    /// <summary>Where padding goes.</summary>
    /// <value>Default null: as <see cref="GemmaTokenizer.PaddingSide"/>.</value>
    public TokenizerSide? PaddingSide { get; init; }

    /// <summary>A number whose multiple the padded length must be.</summary>
    /// <value>At least 1; default null.</value>
    public int? PadToMultipleOf { get; init; }

    /// <summary>Which text is cut.</summary>
    /// <value>Default <see cref="TruncationStrategy.None"/>.</value>
    public TruncationStrategy Truncation { get; init; }

    /// <summary>Where a text is cut.</summary>
    /// <value>Default null: as <see cref="GemmaTokenizer.TruncationSide"/>.</value>
    public TokenizerSide? TruncationSide { get; init; }

    /// <summary>The length to pad or cut to, BOS and EOS included.</summary>
    /// <value>At least the number of BOS and EOS; needed by truncation and by <see cref="PaddingStrategy.MaxLength"/>.</value>
    public int? MaxLength { get; init; }

    /// <summary>How many tokens an overflowing sequence shares with the one before it.</summary>
    /// <value>0 to less than the tokens of text that fit; default 0.</value>
    public int Stride { get; init; }

    /// <summary>Whether what was cut off a single text comes as further sequences.</summary>
    /// <value>Default false.</value>
    public bool ReturnOverflowingTokens { get; init; }
}
