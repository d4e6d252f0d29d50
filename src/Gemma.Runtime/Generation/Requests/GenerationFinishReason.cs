namespace Gemma.Runtime.Generation;

/// <summary>Why a generation ended.</summary>
public enum GenerationFinishReason
{
    /// <summary>The model said a stop token, or the text a stop sequence.</summary>
    Stop,

    /// <summary>The requested number of tokens, or the end of the context.</summary>
    Length,
}
