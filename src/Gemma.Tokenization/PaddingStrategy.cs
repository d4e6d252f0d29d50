namespace Gemma.Tokenization;

/// <summary>To what length the sequences of a batch are filled.</summary>
public enum PaddingStrategy
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>To that of the longest.</summary>
    Longest,

    /// <summary>To the maximum length; longer ones stay as they are.</summary>
    MaxLength,
}
