namespace Gemma;

/// <summary>The prompt, or prompt and requested output, do not fit the model's context. Raised before any computation.</summary>
public sealed class GemmaContextLengthException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public GemmaContextLengthException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public GemmaContextLengthException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public GemmaContextLengthException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for a prompt.</summary>
    /// <param name="promptTokens">The prompt's tokens.</param>
    /// <param name="contextLength">The model's limit.</param>
    public GemmaContextLengthException(int promptTokens, int contextLength)
        : base($"The prompt has {promptTokens} tokens, but the context holds {contextLength} and needs room for an answer; shorten the prompt or open the "
            + $"model with a larger context.")
    {
        PromptTokens = promptTokens;
        ContextLength = contextLength;
    }

    /// <summary>The prompt's tokens, or 0.</summary>
    public int PromptTokens { get; }

    /// <summary>The context's tokens, or 0.</summary>
    public int ContextLength { get; }
}
