namespace Gemma;

/// <summary>A request reached its deadline before it was finished, waiting or running.</summary>
public sealed class GemmaTimeoutException : GemmaException
{
    /// <summary>Creates the exception.</summary>
    public GemmaTimeoutException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public GemmaTimeoutException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public GemmaTimeoutException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
